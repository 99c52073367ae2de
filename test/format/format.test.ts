import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  binary,
  type FormatDescriptor,
  type FormatName,
  json,
  type MessageOf,
  text,
} from '../../src/format/descriptor.ts';
import type { Format } from '../../src/format/format.ts';
import { createFormat } from '../../src/format/resolve.ts';
import { cut, delivery } from '../support/decode-all.ts';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

const ENCODINGS = ['utf-8', 'utf-16le', 'latin1', 'ascii', 'hex', 'base64'] as const;
const FATAL = ['utf-8', 'utf-16le', 'ascii'] as const;

const decode = <M>(format: Format<M>, bytes: Uint8Array): M =>
  format.decode(Buffer.from(bytes), 0, bytes.length);
const written = <M>(format: Format<M>, message: M): Buffer => {
  const encoded = format.encode(message);
  return typeof encoded === 'string' ? Buffer.from(encoded, format.encoding) : Buffer.from(encoded);
};

/** What a stream decoder makes of chunks that pass through one shared buffer. */
function decodeStream(format: Format<string>, chunks: readonly Buffer[]): string {
  const decoder = format.createStreamDecoder();
  const pieces = chunks.map((chunk) => {
    const shared = Buffer.concat([Buffer.from('\xff'), chunk, Buffer.from('\xff')]);
    const piece = decoder.decode(shared, 2, 2 + chunk.length);
    shared.fill(0xee);
    assert.notEqual(piece, '');
    return piece ?? '';
  });
  const rest = decoder.end();
  assert.notEqual(rest, '');
  return pieces.join('') + (rest ?? '');
}

const invalid = (message: string | RegExp) => ({ name: 'MessageError', code: 'invalid-message', message });

describe('text', () => {
  test('bytes decode as Node’s Buffer does, whole or as a stream cut anywhere', () => {
    const some = fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: 'binary' }).map((string) => Uint8Array.from(Buffer.from(string))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...ENCODINGS), some, delivery, (encoding, given, { sizes }) => {
        const bytes = Buffer.from(given);
        const format = createFormat(encoding);
        assert.equal(decode(format, bytes), bytes.toString(encoding));
        assert.equal(decodeStream(format, cut(bytes, sizes)), bytes.toString(encoding));
        assert.equal(decodeStream(format, cut(bytes, [1])), bytes.toString(encoding));
      }),
      { numRuns: 1000 },
    );
  });

  test('a stream never breaks a character that is whole on the wire', () => {
    const names = fc.constantFrom('utf-8' as const, 'utf-16le' as const);
    fc.assert(
      fc.property(
        names,
        fc.boolean(),
        fc.string({ unit: 'binary' }),
        delivery,
        (name, fatal, string, { sizes }) => {
          const decoder = createFormat(text(name, { fatal })).createStreamDecoder();
          let all = '';
          for (const chunk of cut(Buffer.from(string, name), sizes)) {
            const piece = decoder.decode(chunk, 0, chunk.length) ?? '';
            assert.ok(piece.isWellFormed());
            all += piece;
          }
          assert.equal(decoder.end(), undefined);
          assert.equal(all, string);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('only the given range is decoded', () => {
    for (const encoding of ENCODINGS) {
      assert.equal(
        createFormat(encoding).decode(Buffer.from('..ab..'), 2, 4),
        Buffer.from('ab').toString(encoding),
      );
    }
  });

  test('texts survive encoding and decoding', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('utf-8' as const, 'utf-16le' as const),
        fc.string({ unit: 'binary' }),
        (name, string) => {
          for (const format of [createFormat(name), createFormat(text(name, { fatal: true }))]) {
            assert.equal(decode(format, written(format, string)), string);
          }
        },
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom('hex' as const, 'base64' as const), fc.uint8Array(), (name, bytes) => {
        const format = createFormat(name);
        assert.deepEqual(written(format, decode(format, bytes)), Buffer.from(bytes));
      }),
    );
  });

  test('strings stay strings, to be written in the format’s encoding', () => {
    for (const encoding of ENCODINGS) {
      const format = createFormat(text(encoding));
      assert.equal(format.name, encoding);
      assert.equal(format.encoding, encoding);
      assert.equal(format.encode('abcd'), 'abcd');
    }
  });

  test('utf-8 by default; invalid bytes become U+FFFD, a byte-order mark is kept', () => {
    assert.deepEqual(text(), { type: 'utf-8' });
    const format = createFormat(text());
    assert.equal(decode(format, Uint8Array.of(0x61, 0xff, 0x62)), 'a\ufffdb');
    assert.equal(decode(format, Buffer.from('\ufeffa')), '\ufeffa');
    const fatal = createFormat(text('utf-8', { fatal: true }));
    assert.equal(decode(fatal, Buffer.from('\ufeffa')), '\ufeffa');
    assert.equal(decodeStream(fatal, [Buffer.from('\ufeffa')]), '\ufeffa');
  });

  test('fatal accepts the bytes that Node’s TextDecoder accepts, whole or as a stream', () => {
    const parts = fc.constantFrom('a', 'é', '€', '😀', '\ufffd', '\ufeff', '\ud83d', '\xff');
    const bytes = fc.array(
      fc.tuple(parts, fc.constantFrom('utf-8' as const, 'latin1' as const, 'utf-16le' as const)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...FATAL), bytes, delivery, (name, all, { sizes }) => {
        const given = Buffer.concat(all.map(([part, encoding]) => Buffer.from(part, encoding)));
        const format = createFormat(text(name, { fatal: true }));
        let expected: string | undefined;
        try {
          expected = new TextDecoder(name === 'ascii' ? 'utf-8' : name, {
            fatal: true,
            ignoreBOM: true,
          }).decode(given);
        } catch {}
        if (name === 'ascii' && given.some((byte) => byte > 0x7f)) expected = undefined;
        for (const attempt of [
          () => decode(format, given),
          () => decodeStream(format, cut(given, sizes)),
          () => decodeStream(format, cut(given, [1])),
        ]) {
          if (expected === undefined) assert.throws(attempt, { code: 'invalid-message' });
          else assert.equal(attempt(), expected);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('fatal errors name the fault and its position', () => {
    const utf8 = createFormat(text('utf-8', { fatal: true }));
    const utf16 = createFormat(text('utf-16le', { fatal: true }));
    const ascii = createFormat(text('ascii', { fatal: true }));
    assert.throws(
      () => decode(utf8, Buffer.from('é\ufffd\xffa', 'utf-8').fill(0xff, 5, 6)),
      invalid('utf-8: the bytes of a message must be valid utf-8, got others at position 5'),
    );
    assert.throws(
      () => decodeStream(utf8, [Buffer.from('abc'), Buffer.from([0xc3, 0x41])]),
      invalid('utf-8: the bytes must be valid utf-8, got others between the positions 3 and 5 of the stream'),
    );
    assert.throws(
      () => decodeStream(utf8, [Buffer.from([0xc3])]),
      invalid('utf-8: the stream ends within a character'),
    );
    assert.throws(
      () => decode(utf16, Uint8Array.of(0x61)),
      invalid('utf-16le: a message must have an even number of bytes, got 1'),
    );
    assert.throws(
      () => decode(utf16, Buffer.from('a\ud800', 'utf-16le')),
      invalid('utf-16le: a message must not have a surrogate alone, got one at character 1'),
    );
    for (const rest of [Buffer.from([0x61]), Buffer.from('\ud83d', 'utf-16le')]) {
      assert.throws(
        () => decodeStream(utf16, [rest]),
        invalid('utf-16le: the stream ends within a character'),
      );
    }
    assert.throws(
      () => decode(ascii, Uint8Array.of(0x61, 0x80)),
      invalid("ascii: a message's bytes must be at most 0x7f, got 0x80 at position 1"),
    );
    const lone = /-(8|16le): a message must not have a surrogate alone, got one at character 1$/;
    assert.throws(() => utf8.encode('a\ud800'), invalid(lone));
    assert.throws(() => utf16.encode('a\udc00b'), invalid(lone));
    assert.throws(
      () => ascii.encode('aé'),
      invalid('ascii: a message must have characters up to U+007F only, got "é" at character 1'),
    );
    assert.equal(createFormat('utf-8').encode('\ud800'), '\ud800');
  });

  test('what isn’t a string, or isn’t hex or base64, isn’t sent', () => {
    for (const encoding of ENCODINGS) {
      const format = createFormat(encoding) as Format;
      assert.throws(() => format.encode(5), invalid(`${encoding}: a message must be a string, got 5`));
      assert.throws(() => format.encode(Buffer.from('a')), invalid(/got a value of type Buffer$/));
      assert.throws(() => format.encode(null), invalid(/got null$/));
    }
    const hex = createFormat('hex');
    assert.equal(hex.encode('00fF'), '00fF');
    assert.throws(
      () => hex.encode('0g'),
      invalid('hex: a message must have hexadecimal digits only, got "g" at character 1'),
    );
    assert.throws(
      () => hex.encode('abc'),
      invalid('hex: a message must have an even number of digits, got 3'),
    );
    const base64 = createFormat('base64');
    for (const valid of ['', 'YQ==', 'YWI=', 'YWJj', '+/+/']) assert.equal(base64.encode(valid), valid);
    for (const wrong of ['YQ=', 'YQ', 'Y']) {
      assert.throws(
        () => base64.encode(wrong),
        invalid(
          `base64: a message must have a multiple of 4 characters, padded with "=", got ${wrong.length}`,
        ),
      );
    }
    for (const wrong of ['Y===', 'YQ==YQ==', 'Y Q=', '-_==']) {
      assert.throws(() => base64.encode(wrong), invalid(/^base64: a message must have base64 characters/));
    }
  });
});

describe('binary', () => {
  test('messages are copies', () => {
    const format = createFormat(binary());
    const bytes = Buffer.from('..ab..');
    const message = format.decode(bytes, 2, 4);
    const piece = format.createStreamDecoder().decode(bytes, 2, 4);
    bytes.fill(0);
    assert.deepEqual(message, Buffer.from('ab'));
    assert.deepEqual(piece, message);
    assert.equal(format.createStreamDecoder().end(), undefined);
  });

  test('any Uint8Array can be sent, nothing else', () => {
    const format = createFormat('binary') as Format;
    const bytes = Uint8Array.of(1);
    assert.equal(format.encode(bytes), bytes);
    assert.throws(
      () => format.encode('a'),
      invalid('binary: a message must be a Buffer or Uint8Array, got "a"'),
    );
    assert.throws(() => format.encode(new ArrayBuffer(1)), invalid(/got a value of type ArrayBuffer$/));
  });
});

const jsonFormat = createFormat(json());

const failsAt = (given: string): number | undefined => {
  try {
    decode(jsonFormat, Buffer.from(given));
  } catch (error) {
    return Number(/at position (\d+)/.exec((error as Error).message)![1]);
  }
  return undefined;
};

describe('json', () => {
  test('values survive', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        assert.equal(JSON.stringify(decode(jsonFormat, written(jsonFormat, value))), JSON.stringify(value));
      }),
    );
    assert.deepEqual(jsonFormat.createStreamDecoder().decode(Buffer.from('x[1]x'), 1, 4), [1]);
    assert.equal(jsonFormat.createStreamDecoder().end(), undefined);
  });

  test('invalid JSON is refused with the position of the fault', () => {
    const faults: [given: string, position: number][] = [
      ['', 0],
      ['[1,', 3],
      ['  {"a":}', 7],
      ['nul', 3],
      ['nulx', 3],
      ['[true, fals]', 11],
      ['abc', 0],
      ['undefined', 0],
      ['[object Object]', 1],
      ['"a\n"', 2],
      ['{"a":1} x', 8],
      ['[1 2]', 3],
      ['[1,]', 3],
      ['[[],[-1.5e3,{"a\\":[":[]},}]', 25],
      ['["\\"x, ", x]', 10],
      ['\ufeff1', 0],
      [`[${'1,'.repeat(100)}x]`, 201],
    ];
    for (const [given, position] of faults) {
      assert.throws(
        () => decode(jsonFormat, Buffer.from(given)),
        (error: Error) => {
          assert.match(error.message, /^json: /);
          assert.match(error.message, new RegExp(`at position ${position}( |$)`), JSON.stringify(given));
          assert.ok(error.cause instanceof SyntaxError);
          return (error as { code?: string }).code === 'invalid-message';
        },
      );
    }
  });

  test('the position is where no continuation could make it JSON', () => {
    const token = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      'true',
      'nul',
      ' ',
      '"\\"[',
      'x',
      '.5',
      'e3',
    );
    fc.assert(
      fc.property(fc.array(token), (tokens) => {
        const given = tokens.join('');
        const at = failsAt(given);
        if (at === undefined) return;
        const before = failsAt(given.slice(0, at));
        assert.ok(
          before === undefined || before >= at,
          `${JSON.stringify(given)} fails at ${at}, cut there at ${before}`,
        );
      }),
      { numRuns: 5000 },
    );
  });

  test('invalid utf-8 is refused, U+FFFD itself is not', () => {
    assert.equal(decode(jsonFormat, Buffer.from('"\ufffd"')), '\ufffd');
    assert.throws(
      () => decode(jsonFormat, Buffer.from('22efbfbdff22', 'hex')),
      invalid('json: the bytes of a message must be valid utf-8, got others at position 4'),
    );
  });

  test('what JSON can’t express isn’t sent', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    for (const [value, shown] of [
      [undefined, 'undefined'],
      [() => 1, 'a function'],
      [Symbol('s'), 'Symbol(s)'],
    ]) {
      assert.throws(
        () => jsonFormat.encode(value),
        invalid(`json: a message must be a value that JSON can express, got ${String(shown)}`),
      );
    }
    assert.throws(() => jsonFormat.encode(loop), invalid(/^json: .*circular/));
    assert.throws(() => jsonFormat.encode(1n), invalid(/^json: .*BigInt/));
  });
});

const refuse = (given: unknown, message: string) =>
  assert.throws(() => createFormat(given as FormatName), { name: 'OptionError', message });

describe('createFormat', () => {
  test('refuses descriptors that break a rule', () => {
    const names = 'must be one of utf-8, utf-16le, latin1, ascii, hex, base64, binary, json';
    refuse('utf8', `option "format" ${names}, got "utf8"`);
    refuse(5, `option "format" ${names}, got 5`);
    refuse({ type: 'utf8' }, `option "format.type" ${names}, got "utf8"`);
    refuse({}, 'option "format.type" is missing');
    refuse({ type: 'utf-8', fatal: 1 }, 'option "format.fatal" must be true or false, got 1');
    refuse({ type: 'utf-8', bom: true }, 'option "format.bom" isn\'t known');
    for (const type of ['latin1', 'hex', 'base64', 'binary', 'json']) {
      refuse(
        { type, fatal: true },
        'option "format.fatal" can be set for utf-8, utf-16le, ascii only, got true',
      );
      createFormat({ type: type as FormatName, fatal: false });
    }
  });

  test('descriptors are plain data that carries the message’s type', () => {
    const point = json<{ x: number }>();
    const same: [
      Same<MessageOf<typeof point>, { x: number }>,
      Same<MessageOf<ReturnType<typeof text>>, string>,
      Same<MessageOf<ReturnType<typeof binary>>, Buffer>,
      Same<MessageOf<'json'>, unknown>,
      Same<MessageOf<'hex'>, string>,
      Same<MessageOf<'binary'>, Buffer>,
      Same<MessageOf<{ type: 'ascii' }>, string>,
      Same<MessageOf<FormatDescriptor>, unknown>,
    ] = [true, true, true, true, true, true, true, true];
    assert.ok(same);
    assert.deepEqual(structuredClone(point), { type: 'json' });
    assert.deepEqual(text('ascii', { fatal: true }), { type: 'ascii', fatal: true });
  });
});
