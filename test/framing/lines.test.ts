import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createLines, lines } from '../../src/framing/lines.ts';
import {
  checkDecoding,
  checkRoundTrip,
  decodeText,
  delivery,
  encodeAll,
  feed,
  feedUntilError,
} from '../support/decode-all.ts';

const framing = createLines(lines());
const byte = fc.oneof(fc.constantFrom(0x0d, 0x41, 0x00, 0xff), fc.integer({ min: 0, max: 255 }));
const line = fc
  .array(byte.filter((value) => value !== 0x0a))
  .map((bytes) => Uint8Array.from(bytes.at(-1) === 0x0d ? [...bytes, 0x41] : bytes));

describe('lines', () => {
  test('round trip, however delivered', () => {
    fc.assert(
      fc.property(fc.array(line), delivery, (messages, how) => checkRoundTrip(framing, messages, how)),
    );
  });

  test('either ending is taken off, however delivered', () => {
    const ended = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')));
    fc.assert(
      fc.property(ended, delivery, (all, how) => {
        const wire = Buffer.concat(all.flatMap(([message, ending]) => [message, Buffer.from(ending)]));
        checkDecoding(
          framing,
          wire,
          all.map(([message]) => Buffer.from(message)),
          how,
        );
      }),
    );
  });

  test('only one ending is taken off, and a carriage return elsewhere is content', () => {
    assert.deepEqual(decodeText(framing, 'a\r\r\n\rb\n\n\r\nrest'), ['a\r', '\rb', '', '']);
  });

  test('what follows the last ending is held', () => {
    const decoder = framing.createDecoder();
    feed(decoder, [Buffer.from('a\nbc'), Buffer.from('d')]);
    assert.equal(decoder.buffered, 3);
  });

  test('a text is sent with a line feed, as text in utf-8', () => {
    const parts: unknown[] = [];
    framing.encode('grün', 'utf-8', (part) => parts.push(part));
    assert.deepEqual(parts, ['grün', '\n']);
    assert.equal(encodeAll(framing, [Buffer.from('a'), '', 'b']).toString(), 'a\n\nb\n');
  });

  test('a message that holds a line feed is refused in every encoding', () => {
    const refused = {
      code: 'invalid-message',
      message: /^lines: a message must not hold the delimiter "\\n"/,
    };
    const send = (message: string | Uint8Array, encoding: BufferEncoding = 'utf-8') =>
      assert.throws(() => encodeAll(framing, [message], encoding), refused);
    send('a\nb');
    send(Buffer.from('a\nb'));
    send(new Uint8Array([0x0a]));
    send('\u010a', 'utf-16le');
    send('\u010a', 'latin1');
    send('0a', 'hex');
    assert.throws(() => encodeAll(framing, ['ab\n']), {
      message: 'lines: a message must not hold the delimiter "\\n", got it at position 2',
    });
  });

  test('a message that ends in a carriage return is refused', () => {
    const error = {
      code: 'invalid-message',
      message: 'lines: the end of the message, with "\\n" behind it, would read as the delimiter "\\r\\n"',
    };
    for (const message of ['\r', 'a\r', Buffer.from('a\r')]) {
      assert.throws(() => encodeAll(framing, [message]), error);
    }
    assert.equal(encodeAll(framing, ['a\rb']).toString(), 'a\rb\n');
  });

  test('maxLength counts bytes without the ending, in both directions', () => {
    const short = createLines(lines({ maxLength: 3 }));
    assert.deepEqual(decodeText(short, 'abc\nabc\r\n'), ['abc', 'abc']);
    assert.equal(encodeAll(short, ['abc', 'é']).toString(), 'abc\né\n');
    const received = {
      code: 'message-too-large',
      message: 'lines: a message has more than 3 bytes (maxLength) before its delimiter',
    };
    for (const text of ['abcd\n', 'abcd', 'abc\rd', 'ab\r\rx']) {
      assert.throws(() => decodeText(short, text), received, JSON.stringify(text));
      assert.throws(
        () =>
          feed(
            short.createDecoder(),
            [...Buffer.from(text)].map((value) => Buffer.from([value])),
          ),
        received,
      );
    }
    for (const message of ['abcd', 'éé', Buffer.from('abcd')]) {
      assert.throws(() => encodeAll(short, [message]), {
        code: 'message-too-large',
        message: 'lines: the message has 4 bytes, more than maxLength (3)',
      });
    }
  });

  test('a carriage return that may belong to the ending is waited for at the limit', () => {
    const decoder = createLines(lines({ maxLength: 3 })).createDecoder();
    feed(decoder, [Buffer.from('abc\r')]);
    assert.equal(feed(decoder, [Buffer.from('\n')])[0]?.message.toString(), 'abc');
    feed(decoder, [Buffer.from('abc\r')]);
    assert.throws(() => feed(decoder, [Buffer.from('d')]), { code: 'message-too-large' });
  });

  test('an endless line fails at maxLength, and holds no more than that', () => {
    const error = { code: 'message-too-large', message: /65536 bytes/ };
    for (const size of [65_536, 1000]) {
      const { fed, held } = feedUntilError(framing.createDecoder(), Buffer.alloc(size, 'x'), 1e7, error);
      assert.ok(fed <= 65_536 && held <= 65_536);
    }
    const returns = feedUntilError(framing.createDecoder(), Buffer.alloc(65_536, '\r'), 1e7, error);
    assert.ok(returns.held <= 65_537);
  });

  test('a message of 4 MB that comes byte by byte is not read again and again', () => {
    const decoder = createLines(lines({ maxLength: 1e7 })).createDecoder();
    const one = Buffer.from('x');
    for (let count = 0; count < 4e6; count += 1) decoder.decode(one, 0, 1, () => true);
    const [taken] = feed(decoder, [Buffer.from('\nrest')]);
    assert.equal(taken?.message.length, 4e6);
    assert.equal(decoder.buffered, 4);
  });
});
