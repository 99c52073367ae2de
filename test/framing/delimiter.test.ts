import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createDelimiter, delimiter } from '../../src/framing/delimiter.ts';
import type { Framing } from '../../src/framing/framing.ts';
import { createFraming } from '../../src/framing/resolve.ts';
import {
  checkDecoding,
  checkRoundTrip,
  decodeText,
  delivery,
  encodeAll,
  feed,
  feedUntilError,
} from '../support/decode-all.ts';

type Delimiters = Parameters<typeof delimiter>[0];

function create(delimiters: Delimiters, maxLength?: number): Framing {
  return createFraming(delimiter(delimiters, maxLength === undefined ? {} : { maxLength }), 1024);
}

/** Netty's rule, on all bytes at once: the delimiter that gives the shortest message wins. */
function reference(wire: Buffer, delimiters: readonly Buffer[]): { messages: Buffer[]; consumed: number } {
  const messages: Buffer[] = [];
  for (let from = 0; ;) {
    const found = delimiters
      .map((one) => ({ at: wire.indexOf(one, from), length: one.length }))
      .filter(({ at }) => at !== -1)
      .toSorted((a, b) => a.at - b.at)[0];
    if (found === undefined) return { messages, consumed: from };
    messages.push(Buffer.from(wire.subarray(from, found.at)));
    from = found.at + found.length;
  }
}

const letter = fc.constantFrom('a', 'b', 'c').map((char) => char.charCodeAt(0));
const letters = (minLength: number, maxLength: number) =>
  fc.array(letter, { minLength, maxLength }).map((bytes) => Buffer.from(bytes));
/** Sets of delimiters that are hard to tell apart, and allowed. */
const delimiterSets = fc.array(letters(1, 4), { minLength: 1, maxLength: 3 }).filter((delimiters) => {
  return delimiters.every((outer) =>
    delimiters.every((inner) => {
      const at = outer.indexOf(inner);
      return at === -1 || at + inner.length === outer.length;
    }),
  );
});

describe('delimiter', () => {
  test('decodes by Netty’s rule, however delivered', () => {
    fc.assert(
      fc.property(delimiterSets, letters(0, 60), delivery, (delimiters, wire, how) => {
        const { messages, consumed } = reference(wire, delimiters);
        checkDecoding(create(delimiters), wire.subarray(0, consumed), messages, how);
        const decoder = create(delimiters).createDecoder();
        assert.equal(feed(decoder, [wire]).length, messages.length);
        assert.equal(decoder.buffered, wire.length - consumed);
      }),
      { numRuns: 1000 },
    );
  });

  test('what can be sent is received unchanged, and the rest is refused', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        delimiterSets,
        fc.array(letters(0, 6)),
        fc.boolean(),
        delivery,
        (delimiters, all, asText, how) => {
          const framing = create(asText ? delimiters.map(String) : delimiters);
          const messages = all.filter((message) => {
            const isSafe = reference(
              Buffer.concat([message, delimiters[0]!]),
              delimiters,
            ).messages[0]!.equals(message);
            const send = () => encodeAll(framing, [asText ? message.toString() : message]);
            if (isSafe) send();
            else assert.throws(send, { code: 'invalid-message' });
            refused += isSafe ? 0 : 1;
            return isSafe;
          });
          checkRoundTrip(framing, messages, how);
        },
      ),
      { numRuns: 1000 },
    );
    assert.ok(refused > 100);
  });

  test('round trip of any bytes', () => {
    const framing = create([Uint8Array.of(0xff, 0x00), Uint8Array.of(0xfe)]);
    const message = fc.uint8Array().map((bytes) => bytes.filter((value) => value < 0xfe));
    fc.assert(
      fc.property(fc.array(message), delivery, (messages, how) => checkRoundTrip(framing, messages, how)),
    );
  });

  test('takes one delimiter or several, texts in utf-8 or bytes', () => {
    assert.deepEqual(decodeText(create(';'), 'a;b;c'), ['a', 'b']);
    assert.deepEqual(decodeText(create(['\r\n', '\n']), 'a\r\nb\nc\r'), ['a', 'b']);
    assert.deepEqual(decodeText(create('é'), 'a\xc3\xa9b'), ['a']);
    assert.deepEqual(decodeText(create([Uint8Array.of(0), ';']), 'a;b\0'), ['a', 'b']);
    assert.equal(encodeAll(create('é'), ['ü', Buffer.from('a')]).toString(), 'üéaé');
  });

  test('the descriptor can be cloned to a thread', () => {
    const descriptor = structuredClone(delimiter([Buffer.from(';'), '\n'], { maxLength: 5 }));
    assert.deepEqual(decodeText(createFraming(descriptor, 1), 'a;b\n'), ['a', 'b']);
  });

  test('the delimiter’s bytes are copied', () => {
    const bytes = Uint8Array.of(0x3b);
    const framing = createDelimiter(delimiter(bytes));
    bytes[0] = 0;
    assert.deepEqual(decodeText(framing, 'a;'), ['a']);
  });

  test('a message is sent with the first delimiter, and must not hold any', () => {
    const framing = create([';', '||', '\xff\xfe']);
    assert.equal(encodeAll(framing, ['a|b']).toString(), 'a|b;');
    for (const message of ['a||b', Buffer.from('a||b')]) {
      assert.throws(() => encodeAll(framing, [message]), {
        code: 'invalid-message',
        message: 'delimiter: a message must not hold the delimiter "||", got it at position 1',
      });
    }
    assert.throws(() => encodeAll(create(Uint8Array.of(0xff)), [Uint8Array.of(0xff)]), {
      message: 'delimiter: a message must not hold the delimiter 0xff, got it at position 0',
    });
  });

  test('a message whose end would match too early is refused', () => {
    const error = {
      code: 'invalid-message',
      message: 'delimiter: the end of the message, with "||" behind it, would read as the delimiter "||"',
    };
    for (const message of ['a|', '|', Buffer.from('a|')]) {
      assert.throws(() => encodeAll(create('||'), [message]), error);
    }
  });

  test('maxLength holds in both directions and counts no delimiter', () => {
    const framing = create('--end', 3);
    assert.deepEqual(decodeText(framing, 'abc--end'), ['abc']);
    for (const text of ['abcd', 'abc-x', 'abc--en!', 'abcd--end', 'ab-----end']) {
      assert.throws(() => decodeText(framing, text), {
        code: 'message-too-large',
        message: 'delimiter: a message has more than 3 bytes (maxLength) before its delimiter',
      });
    }
    const decoder = framing.createDecoder();
    feed(decoder, [Buffer.from('abc--en')]);
    assert.equal(decoder.buffered, 7);
    assert.throws(() => encodeAll(framing, ['abcd']), { code: 'message-too-large' });
  });

  test('10 million bytes without a delimiter fail at maxLength', () => {
    for (const delimiters of [['\0'], ['\r\n', ';'], ['xxxxxxxxx;']]) {
      const { fed, held } = feedUntilError(
        create(delimiters).createDecoder(),
        Buffer.alloc(65_536, 'x'),
        1e7,
        {
          code: 'message-too-large',
          message: /more than 65536 bytes/,
        },
      );
      assert.ok(fed <= 65_536 && held <= 65_536 + 9);
    }
  });
});
