import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createFixedLength, fixedLength } from '../../src/framing/fixed-length.ts';
import {
  checkDecoding,
  checkRoundTrip,
  decodeText,
  delivery,
  encodeAll,
  feed,
} from '../support/decode-all.ts';

describe('fixed-length', () => {
  test('round trip of messages of the full length, however delivered', () => {
    const sameLength = fc
      .integer({ min: 1, max: 50 })
      .chain((length) => fc.array(fc.uint8Array({ minLength: length, maxLength: length }), { minLength: 1 }));
    fc.assert(
      fc.property(sameLength, delivery, (messages, how) => {
        checkRoundTrip(createFixedLength(fixedLength({ length: messages[0]!.length }), 1024), messages, how);
      }),
    );
  });

  test('shorter messages arrive with their padding', () => {
    const framing = createFixedLength(fixedLength({ length: 8, pad: 0 }), 1024);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 })), delivery, (messages, how) => {
        const padded = messages.map((message) => Buffer.concat([message], 8));
        checkDecoding(framing, encodeAll(framing, messages), padded, how);
      }),
    );
  });

  test('the length is the server’s size by default', () => {
    const framing = createFixedLength(fixedLength(), 4);
    assert.deepEqual(decodeText(framing, 'abcdefghij'), ['abcd', 'efgh']);
    const decoder = framing.createDecoder();
    feed(decoder, [Buffer.from('abcdefghij')]);
    assert.equal(decoder.buffered, 2);
  });

  test('pads with spaces by default, in bytes', () => {
    const framing = createFixedLength(fixedLength({ length: 4 }), 1);
    assert.equal(encodeAll(framing, ['é', '', 'abcd']).toString(), 'é      abcd');
    assert.equal(encodeAll(framing, ['6162'], 'hex').toString(), 'ab  ');
    assert.equal(encodeAll(framing, ['YQ=='], 'base64').toString(), 'a   ');
    assert.equal(encodeAll(framing, ['a'], 'utf-16le').toString('hex'), '61002020');
  });

  test('refuses a longer message, and with pad false a shorter one', () => {
    const framing = createFixedLength(fixedLength({ length: 4, pad: false }), 1);
    for (const message of ['abcde', 'ééé', Buffer.alloc(5)]) {
      assert.throws(() => encodeAll(framing, [message]), {
        code: 'message-too-large',
        message: /^fixed-length: a message must have at most 4 bytes, got [56]$/,
      });
    }
    assert.throws(() => encodeAll(framing, ['abc']), {
      code: 'invalid-message',
      message: 'fixed-length: a message must have 4 bytes with pad false, got 3',
    });
    assert.equal(encodeAll(framing, ['abcd']).toString(), 'abcd');
  });

  test('a long message that comes in small pieces is held up to its length', () => {
    const decoder = createFixedLength(fixedLength({ length: 1e6 }), 1).createDecoder();
    const piece = Buffer.alloc(999, 'x');
    const lengths: number[] = [];
    let most = 0;
    for (let fed = 0; fed < 3e6; fed += piece.length) {
      decoder.decode(piece, 0, piece.length, (_bytes, start, end) => lengths.push(end - start) > 0);
      most = Math.max(most, decoder.buffered);
    }
    assert.deepEqual(lengths, [1e6, 1e6, 1e6]);
    assert.ok(most < 1e6);
  });
});
