import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { delimiter } from '../../src/framing/delimiter.ts';
import { fixedLength } from '../../src/framing/fixed-length.ts';
import type { Framing } from '../../src/framing/framing.ts';
import { lengthField } from '../../src/framing/length-field.ts';
import { lines } from '../../src/framing/lines.ts';
import { raw } from '../../src/framing/raw.ts';
import { createFraming, type FramingDescriptor, parseFramingText } from '../../src/framing/resolve.ts';
import { decodeText } from '../support/decode-all.ts';

const refuse = (given: unknown, option: string, rule: string) =>
  assert.throws(() => createFraming(given as FramingDescriptor, 1024), {
    name: 'OptionError',
    code: 'ERR_INVALID_OPTION',
    option,
    message: `option "${option}" ${rule}`,
  });

const lacks = (given: object, message: string) =>
  assert.throws(() => createFraming(given as Framing, 1), { name: 'TypeError', message });
const createDecoder = () => undefined;
const encode = () => undefined;

const hidden = (inner: string, outer: string, shown: string) =>
  `must not have one that another begins with or holds before its end (${inner} in ${outer}), got ${shown}`;

const wrongField = (options: object, key: string, rule: string) =>
  refuse({ type: 'length-field', ...options }, `framing.${key}`, rule);

const room = (least: number) =>
  `must be at least ${least} for the header of offset and lengthBytes (default 1048576), got`;

describe('createFraming', () => {
  test('makes each framing', () => {
    const cases: [FramingDescriptor, string, string[]][] = [
      [raw(), 'abcde', ['abc', 'de']],
      [raw({ size: 4 }), 'abcde', ['abcd', 'e']],
      [lines(), 'a\nb', ['a']],
      [delimiter(';'), 'a;b', ['a']],
      [fixedLength(), 'abcdefg', ['abc', 'def']],
      [fixedLength({ length: 5, pad: false }), 'abcdefg', ['abcde']],
      [lengthField({ lengthBytes: 1 }), '\x01a\x02bc', ['a', 'bc']],
    ];
    for (const [descriptor, wire, messages] of cases) {
      const framing = createFraming(structuredClone(descriptor), 3);
      assert.equal(framing.name, descriptor.type);
      assert.deepEqual(decodeText(framing, wire), messages);
    }
  });

  test('takes descriptors written by hand', () => {
    const descriptor = JSON.parse(
      '{"type":"delimiter","delimiters":["\\r\\n","\\n"],"maxLength":9}',
    ) as FramingDescriptor;
    assert.deepEqual(decodeText(createFraming(descriptor, 1), 'a\r\nb\n'), ['a', 'b']);
    createFraming({ type: 'lines', maxLength: undefined } as unknown as FramingDescriptor, 1);
  });

  test('passes a framing of the user’s through, with what it inherits', () => {
    class Own implements Framing {
      readonly name = 'own';
      readonly type = 'own';
      createDecoder() {
        return { buffered: 0, decode: (_bytes: Buffer, _start: number, end: number) => end };
      }
      encode() {}
    }
    const own = new Own();
    assert.equal(createFraming(own, 1), own);
  });

  test('names what a framing of the user’s lacks', () => {
    lacks({ createDecoder, encode }, "framing.name must be a text that isn't empty, got undefined");
    lacks({ name: '', createDecoder, encode }, 'framing.name must be a text that isn\'t empty, got ""');
    lacks(
      { name: 'x', encode },
      'framing.createDecoder of the framing "x" must be a function, got undefined',
    );
    lacks(
      { name: 'x', createDecoder, encode: 1 },
      'framing.encode of the framing "x" must be a function, got 1',
    );
  });

  test('refuses what is no framing', () => {
    const rule = 'must be made by raw(), lines(), delimiter(), fixedLength() or lengthField(), got';
    refuse('lines', 'framing', `${rule} "lines"`);
    refuse(null, 'framing', `${rule} null`);
    refuse(undefined, 'framing', `${rule} undefined`);
    refuse(lines, 'framing', `${rule} a function`);
    const types = 'must be one of raw, lines, delimiter, fixed-length, length-field, got';
    refuse({}, 'framing.type', `${types} undefined`);
    refuse({ type: 'line' }, 'framing.type', `${types} "line"`);
  });

  test('refuses unknown and missing keys', () => {
    refuse({ type: 'raw', maxLength: 1 }, 'framing.maxLength', "isn't known");
    refuse({ type: 'lines', max: 1 }, 'framing.max', "isn't known");
    refuse({ type: 'length-field', length: 4 }, 'framing.length', "isn't known");
    refuse({ type: 'delimiter' }, 'framing.delimiters', 'is missing');
  });

  test('refuses numbers that aren’t whole or out of range', () => {
    const bytes = 'must be a whole number of bytes from 1 to 1073741824, got';
    for (const wrong of [-1, 0, 1.5, NaN, Infinity, 2 ** 30 + 1]) {
      refuse(raw({ size: wrong }), 'framing.size', `${bytes} ${wrong}`);
      refuse(lines({ maxLength: wrong }), 'framing.maxLength', `${bytes} ${wrong}`);
      refuse(delimiter(';', { maxLength: wrong }), 'framing.maxLength', `${bytes} ${wrong}`);
      refuse(fixedLength({ length: wrong }), 'framing.length', `${bytes} ${wrong}`);
      refuse(lengthField({ maxLength: wrong }), 'framing.maxLength', `${bytes} ${wrong}`);
    }
    refuse({ type: 'lines', maxLength: '5' }, 'framing.maxLength', `${bytes} "5"`);
    for (const pad of [-1, 256, 0.5, true, ' ']) {
      const shown = JSON.stringify(pad);
      refuse(
        { type: 'fixed-length', pad },
        'framing.pad',
        `must be a byte from 0 to 255, or false, got ${shown}`,
      );
    }
    createFraming(fixedLength({ pad: 255 }), 1);
  });

  test('refuses delimiters that are empty, too long or no bytes', () => {
    const rule = 'must be a text or Uint8Array of 1 to 256 bytes, got';
    refuse(delimiter(''), 'framing.delimiters.0', `${rule} ""`);
    refuse(delimiter([';', new Uint8Array()]), 'framing.delimiters.1', `${rule} a value of type Uint8Array`);
    refuse(delimiter(Buffer.alloc(257)), 'framing.delimiters.0', `${rule} a value of type Buffer`);
    refuse({ type: 'delimiter', delimiters: [5] }, 'framing.delimiters.0', `${rule} 5`);
    refuse({ type: 'delimiter', delimiters: ';' }, 'framing.delimiters', 'must be an array, got ";"');
    refuse(delimiter([]), 'framing.delimiters', 'must have at least one delimiter, got []');
  });

  test('refuses a delimiter that another one is always found before', () => {
    refuse(
      delimiter(['\r\n', '\r']),
      'framing.delimiters',
      hidden('"\\r"', '"\\r\\n"', "[ '\\r\\n', '\\r' ]"),
    );
    refuse(delimiter(['b', 'abc']), 'framing.delimiters', hidden('"b"', '"abc"', "[ 'b', 'abc' ]"));
    refuse(
      delimiter([Uint8Array.of(255), Uint8Array.of(255, 0)]),
      'framing.delimiters',
      hidden('0xff', '0xff00', '[ Uint8Array(1) [ 255 ], Uint8Array(2) [ 255, 0 ] ]'),
    );
    for (const allowed of [['\n', '\r\n'], ['aa'], ['ab', 'ba'], [';', ';']])
      createFraming(delimiter(allowed), 1);
  });

  test('refuses length fields that can’t be', () => {
    for (const lengthBytes of [0, 5, '4', null]) {
      const shown = JSON.stringify(lengthBytes);
      wrongField({ lengthBytes }, 'lengthBytes', `must be one of 1, 2, 3, 4, 8, "varint", got ${shown}`);
    }
    wrongField({ byteOrder: 'BE' }, 'byteOrder', 'must be one of "big", "little", got "BE"');
    wrongField({ offset: -1 }, 'offset', 'must be a whole number of bytes from 0 to 1073741824, got -1');
    wrongField({ strip: 0.5 }, 'strip', 'must be a whole number of bytes from 0 to 1073741824, got 0.5');
    wrongField(
      { adjustment: 2 ** 31 },
      'adjustment',
      'must be a whole number of bytes from -1073741824 to 1073741824, got 2147483648',
    );
    const varint = 'must be 0 or absent with lengthBytes "varint", whose size varies, got 1';
    wrongField({ lengthBytes: 'varint', strip: 1 }, 'strip', varint);
    wrongField({ offset: 2, maxLength: 5 }, 'maxLength', `${room(6)} 5`);
    wrongField({ offset: 2 ** 20 }, 'maxLength', `${room(2 ** 20 + 4)} undefined`);
    createFraming(lengthField({ offset: 1, maxLength: 5 }), 1);
    createFraming(lengthField({ lengthBytes: 'varint', strip: 0, maxLength: 1 }), 1);
  });
});

describe('parseFramingText', () => {
  test('reads each framing', () => {
    const cases: [text: string, descriptor: FramingDescriptor][] = [
      ['raw', raw()],
      ['raw:512', raw({ size: 512 })],
      ['lines', lines()],
      ['lines:65536', lines({ maxLength: 65_536 })],
      ['delimiter:;', delimiter(';')],
      ['delimiter::', delimiter(':')],
      ['delimiter:\\r\\n\\r\\n', delimiter('\r\n\r\n')],
      ['delimiter:\\t\\0\\\\n', delimiter('\t\0\\n')],
      ['delimiter:é\\x41\\xc3\\xA9', delimiter('éAé')],
      ['delimiter:a\\xff', delimiter(Uint8Array.of(0x61, 0xff))],
      ['fixed-length', fixedLength()],
      ['fixed-length:256', fixedLength({ length: 256 })],
      ['length-field', lengthField()],
      ['length-field:4', lengthField({ lengthBytes: 4 })],
      ['length-field:2,little', lengthField({ lengthBytes: 2, byteOrder: 'little' })],
      ['length-field:varint', lengthField({ lengthBytes: 'varint' })],
    ];
    for (const [given, descriptor] of cases) {
      assert.deepEqual(parseFramingText(given), descriptor, given);
      createFraming(parseFramingText(given), 1);
    }
  });

  test('refuses everything else', () => {
    const forms =
      'must be one of raw[:SIZE], lines[:MAX_LENGTH], delimiter:BYTES, fixed-length[:LENGTH], length-field[:1|2|3|4|8|varint[,big|little]]';
    for (const given of [
      '',
      'line',
      'raw:',
      'raw:-1',
      'lines:1k',
      'fixed-length:0x10',
      'length-field:',
      'length-field:4,mixed',
      'toString',
    ]) {
      assert.throws(() => parseFramingText(given), {
        name: 'OptionError',
        message: `option "framing" ${forms}, got ${JSON.stringify(given)}`,
      });
    }
    const refused: [given: string, message: string][] = [
      ['lines:0', 'option "framing.maxLength" must be a whole number of bytes from 1 to 1073741824, got 0'],
      ['length-field:5', 'option "framing.lengthBytes" must be one of 1, 2, 3, 4, 8, "varint", got 5'],
      ['delimiter', 'option "framing.delimiters.0" must be a text or Uint8Array of 1 to 256 bytes, got ""'],
      ['delimiter:', 'option "framing.delimiters.0" must be a text or Uint8Array of 1 to 256 bytes, got ""'],
    ];
    for (const [given, message] of refused)
      assert.throws(() => parseFramingText(given), { name: 'OptionError', message });
  });

  test('refuses unknown escapes', () => {
    for (const [given, escape] of [
      ['delimiter:a\\q', '\\q'],
      ['delimiter:\\x4', '\\x'],
      ['delimiter:a\\', '\\'],
      ['delimiter:\\R', '\\R'],
    ] as const) {
      assert.throws(() => parseFramingText(given), {
        name: 'OptionError',
        message: `option "framing" must have the escapes \\r, \\n, \\t, \\0, \\xHH and \\\\ only, got ${JSON.stringify(escape)} in ${JSON.stringify(given)}`,
      });
    }
  });
});
