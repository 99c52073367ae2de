import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createLengthField, lengthField, type LengthFieldOptions } from '../../src/framing/length-field.ts';
import {
  checkDecoding,
  checkRoundTrip,
  cut,
  delivery,
  encodeAll,
  feed,
  feedUntilError,
} from '../support/decode-all.ts';

const create = (options: LengthFieldOptions = {}) => createLengthField(lengthField(options));
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const decodeHex = (options: LengthFieldOptions, wire: string) =>
  feed(create(options).createDecoder(), [hex(wire)]).map(({ message }) => message.toString('hex'));

const lengthBytes = fc.constantFrom<(1 | 2 | 3 | 4 | 8 | 'varint')[]>(1, 2, 3, 4, 8, 'varint');
const byteOrder = fc.constantFrom<('big' | 'little')[]>('big', 'little');

describe('length-field', () => {
  test('round trip with the header stripped, however delivered', () => {
    const options = fc.record({ lengthBytes, byteOrder, adjustment: fc.integer({ min: -20, max: 0 }) });
    const messages = fc.array(fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(options, messages, delivery, (given, all, how) => checkRoundTrip(create(given), all, how)),
      { numRuns: 300 },
    );
  });

  test('round trip of whole frames, which bring their leading bytes', () => {
    const options = fc.record({ lengthBytes, byteOrder, offset: fc.integer({ min: 0, max: 5 }) });
    fc.assert(
      fc.property(options, fc.array(fc.uint8Array({ maxLength: 150 })), delivery, (given, bodies, how) => {
        const framing = create({ ...given, strip: 0 });
        const room = Buffer.alloc(given.offset + (given.lengthBytes === 'varint' ? 1 : given.lengthBytes));
        const wire = encodeAll(
          framing,
          bodies.map((body) => Buffer.concat([room.fill(0x55), body])),
        );
        const frames = feed(framing.createDecoder(), [wire]).map(({ message }) => message);
        assert.equal(frames.length, bodies.length);
        for (const [index, frame] of frames.entries()) {
          assert.ok(frame.subarray(0, given.offset).equals(room.subarray(0, given.offset)));
          assert.ok(frame.subarray(-bodies[index]!.length || frame.length).equals(bodies[index]!));
        }
        checkRoundTrip(framing, frames, how);
      }),
    );
  });

  test('every size and byte order', () => {
    assert.deepEqual(decodeHex({}, '00000002 aabb 00000000'), ['aabb', '']);
    assert.deepEqual(decodeHex({ byteOrder: 'little' }, '02000000 aabb'), ['aabb']);
    assert.deepEqual(decodeHex({ lengthBytes: 1 }, '02aabb 01cc'), ['aabb', 'cc']);
    assert.deepEqual(decodeHex({ lengthBytes: 2, byteOrder: 'little' }, '0200 aabb'), ['aabb']);
    assert.deepEqual(decodeHex({ lengthBytes: 3 }, '000002 aabb'), ['aabb']);
    assert.deepEqual(decodeHex({ lengthBytes: 8 }, '0000000000000002 aabb'), ['aabb']);
    assert.deepEqual(decodeHex({ lengthBytes: 8, byteOrder: 'little' }, '0200000000000000 aabb'), ['aabb']);
    assert.deepEqual(decodeHex({ lengthBytes: 'varint' }, '02 aabb 8200 ccdd'), ['aabb', 'ccdd']);
    assert.equal(
      encodeAll(create({ lengthBytes: 3, byteOrder: 'little' }), ['ab']).toString('hex'),
      '0200006162',
    );
    assert.equal(
      encodeAll(create({ lengthBytes: 'varint' }), [Buffer.alloc(300)])
        .subarray(0, 2)
        .toString('hex'),
      'ac02',
    );
    assert.equal(encodeAll(create(), ['6162'], 'hex').toString('hex'), '000000026162');
    assert.equal(encodeAll(create(), ['é', 'é'], 'utf-8').toString('hex'), '00000002c3a900000002c3a9');
  });

  // The seven examples in the documentation of Netty's LengthFieldBasedFrameDecoder.
  const HELLO = Buffer.from('HELLO, WORLD').toString('hex');
  const NETTY: [name: string, options: LengthFieldOptions, wire: string, message: string][] = [
    ['keep the header', { lengthBytes: 2, strip: 0 }, `000c${HELLO}`, `000c${HELLO}`],
    ['strip the header', { lengthBytes: 2, strip: 2 }, `000c${HELLO}`, HELLO],
    ['length of the whole', { lengthBytes: 2, adjustment: -2, strip: 0 }, `000e${HELLO}`, `000e${HELLO}`],
    ['header in front', { lengthBytes: 3, offset: 2, strip: 0 }, `cafe00000c${HELLO}`, `cafe00000c${HELLO}`],
    [
      'header between',
      { lengthBytes: 3, adjustment: 2, strip: 0 },
      `00000ccafe${HELLO}`,
      `00000ccafe${HELLO}`,
    ],
    [
      'header on both sides',
      { lengthBytes: 2, offset: 1, adjustment: 1, strip: 3 },
      `ca000cfe${HELLO}`,
      `fe${HELLO}`,
    ],
    [
      'header on both sides, length of the whole',
      { lengthBytes: 2, offset: 1, adjustment: -3, strip: 3 },
      `ca0010fe${HELLO}`,
      `fe${HELLO}`,
    ],
  ];
  for (const [name, options, wire, message] of NETTY) {
    test(`as Netty: ${name}`, () => {
      fc.assert(
        fc.property(delivery, (how) => {
          checkDecoding(create(options), hex(wire + wire), [hex(message), hex(message)], how);
        }),
        { numRuns: 20 },
      );
      if (options.strip === 0 || options.strip === 2) {
        assert.equal(encodeAll(create(options), [hex(message)]).toString('hex'), wire);
      }
    });
  }

  test('an MQTT-like header: a type, then a varint; the whole frame is the message', () => {
    const options: LengthFieldOptions = { lengthBytes: 'varint', offset: 1 };
    assert.deepEqual(decodeHex(options, '30 02 aabb c000'), ['3002aabb', 'c000']);
    const wire = encodeAll(create(options), [hex('30 00'), Buffer.concat([hex('30 00'), Buffer.alloc(200)])]);
    assert.equal(wire.subarray(0, 5).toString('hex'), '300030c801');
    assert.equal(wire.length, 2 + 203);
  });

  test('a frame over maxLength fails when its header is complete', () => {
    const decoder = create({ maxLength: 10 }).createDecoder();
    assert.deepEqual(feed(decoder, [hex('00000006 aabbccddeeff 000000')]).length, 1);
    assert.throws(() => feed(decoder, [hex('07')]), {
      code: 'message-too-large',
      message: 'length-field: a frame of 11 bytes is announced, more than maxLength (10)',
    });
    const most = create().createDecoder();
    assert.throws(() => feed(most, [hex('000ffffd')]), { message: /1048577 bytes.*maxLength \(1048576\)/ });
    feed(create().createDecoder(), [hex('000ffffc')]);
  });

  test('lengths beyond 2^53 are too large', () => {
    const error = {
      code: 'message-too-large',
      message:
        'length-field: a frame of more than 9007199254740991 bytes is announced, more than maxLength (1048576)',
    };
    for (const wire of ['ffffffffffffffff', '0020000000000000', '8000000000000000', '001fffffffffffff']) {
      assert.throws(() => decodeHex({ lengthBytes: 8 }, wire), error);
      const little = hex(wire).toReversed();
      assert.throws(
        () =>
          feed(
            create({ lengthBytes: 8, byteOrder: 'little' }).createDecoder(),
            cut(Buffer.from(little), [3]),
          ),
        error,
      );
    }
    assert.throws(() => decodeHex({ lengthBytes: 8, adjustment: -(2 ** 30) }, 'ffffffffffffffff'), error);
    assert.throws(() => decodeHex({ lengthBytes: 'varint' }, 'ffffffffffffffffff01'), error);
    assert.throws(() => decodeHex({}, 'ffffffff'), {
      code: 'message-too-large',
      message: /4294967299 bytes/,
    });
  });

  test('a varint of more than 10 bytes or 64 bits is invalid as soon as that is known', () => {
    for (const wire of ['ff'.repeat(10), '80'.repeat(10), `${'ff'.repeat(9)}02`]) {
      assert.throws(() => decodeHex({ lengthBytes: 'varint' }, wire), {
        code: 'invalid-message',
        message: `length-field: a varint must have at most 10 bytes and 64 bits, got 0x${wire}`,
      });
    }
    const decoder = create({ lengthBytes: 'varint' }).createDecoder();
    const { fed } = feedUntilError(decoder, hex('80'), 100, { code: 'invalid-message', message: /varint/ });
    assert.equal(fed, 9);
    assert.deepEqual(decodeHex({ lengthBytes: 'varint' }, '8180808080808080 8000 aa'), ['aa']);
  });

  test('a length that ends inside the header is invalid', () => {
    assert.throws(() => decodeHex({ adjustment: -4 }, '00000003'), {
      code: 'invalid-message',
      message: 'length-field: the length 3 with adjustment -4 ends inside the header',
    });
    assert.deepEqual(decodeHex({ adjustment: -4 }, '00000004 00000005aa'), ['', 'aa']);
    assert.throws(() => decodeHex({ lengthBytes: 'varint', adjustment: -1 }, '00'), {
      code: 'invalid-message',
    });
  });

  test('a frame shorter than strip is invalid', () => {
    assert.throws(() => decodeHex({ lengthBytes: 1, strip: 3 }, '01'), {
      code: 'invalid-message',
      message: 'length-field: a frame of 2 bytes is announced, shorter than strip (3)',
    });
    assert.deepEqual(decodeHex({ lengthBytes: 1, strip: 3 }, '02aabb 03aabbcc'), ['', 'cc']);
  });

  test('a truncated frame is held, and memory grows with what arrives only', () => {
    const decoder = create({ maxLength: 2 ** 30 }).createDecoder();
    const before = process.memoryUsage().arrayBuffers;
    feed(decoder, [hex('3ffffff0'), Buffer.alloc(100)]);
    assert.equal(decoder.buffered, 104);
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20);
  });

  test('a long frame in many reads', () => {
    const framing = create({ maxLength: 2 ** 24 });
    const message = Buffer.alloc(10_000_000, 'abc');
    const wire = encodeAll(framing, [message, 'after']);
    const taken = feed(framing.createDecoder(), cut(wire, [65_536]));
    assert.ok(taken[0]?.message.equals(message));
    assert.equal(taken[1]?.message.toString(), 'after');
  });

  test('what the length field or maxLength can’t hold isn’t sent', () => {
    assert.equal(encodeAll(create({ lengthBytes: 1 }), [Buffer.alloc(255)]).length, 256);
    assert.throws(() => encodeAll(create({ lengthBytes: 1 }), [Buffer.alloc(256)]), {
      code: 'message-too-large',
      message: 'length-field: the length field holds at most 255, got 256',
    });
    assert.throws(() => encodeAll(create({ maxLength: 6 }), ['abc']), {
      code: 'message-too-large',
      message: 'length-field: the frame has 7 bytes, more than maxLength (6)',
    });
    assert.throws(() => encodeAll(create({ adjustment: 4 }), ['abc']), {
      code: 'invalid-message',
      message:
        'length-field: with adjustment 4 there must be at least 4 bytes behind the length field, got 3',
    });
  });

  test('messages that lost bytes other than the length field can’t be sent', () => {
    for (const options of [{ offset: 1, strip: 5 }, { strip: 2 }, { strip: 6 }, { offset: 2, strip: 2 }]) {
      assert.throws(() => encodeAll(create(options), ['abcdef']), {
        code: 'invalid-message',
        message: `length-field: with strip ${options.strip} messages can't be sent, as the bytes in front of them aren't known; use strip 0`,
      });
    }
    assert.throws(() => encodeAll(create({ offset: 2, strip: 0 }), ['abc']), {
      code: 'invalid-message',
      message:
        'length-field: with strip 0 a message must have room for its header of at least 6 bytes, got 3 bytes',
    });
  });
});
