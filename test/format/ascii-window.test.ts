import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AsciiWindow } from '../../src/format/ascii-window.ts';
import { createFormat } from '../../src/format/resolve.ts';

const ENCODINGS = ['utf-8', 'latin1', 'ascii'] as const;

/** Mostly ASCII, as a window of anything else is never of use. */
const message = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 300 }).map((text) => Buffer.from(text)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) },
);

for (const encoding of ENCODINGS) {
  test(`messages of one chunk in ${encoding} are what each is by itself`, () => {
    const format = createFormat(encoding);
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 100 }),
        fc.integer({ min: 0, max: 5 }),
        (messages, offset) => {
          const chunk = Buffer.concat([Buffer.alloc(offset, 0xff), ...messages]);
          format.begin?.(chunk, chunk.length);
          let start = offset;
          const decoded = messages.map(({ length }) => format.decode(chunk, start, (start += length)));
          chunk.fill(0xee);
          assert.deepEqual(
            decoded,
            messages.map((bytes) => bytes.toString(encoding)),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
}

test('a window is of use for short messages only, and for the chunk it was begun with', () => {
  const window = new AsciiWindow();
  const chunk = Buffer.from('one two three');
  window.begin(chunk, chunk.length);
  assert.equal(window.decode(chunk, 0, 3), 'one');
  assert.equal(window.decode(chunk, 4, 7), 'two');
  assert.equal(window.decode(Buffer.from(chunk), 4, 7), undefined);
  window.begin(chunk, chunk.length);
  assert.equal(window.decode(chunk, 0, 7), undefined);
  const next = Buffer.from('and now 4');
  window.begin(next, next.length);
  assert.equal(window.decode(next, 0, 3), 'and');
  assert.equal(window.decode(chunk, 0, 3), undefined);
});

test('bytes beyond the end of a chunk are no part of a window', () => {
  const window = new AsciiWindow();
  const chunk = Buffer.from('one two \xff', 'latin1');
  window.begin(chunk, 8);
  assert.equal(window.decode(chunk, 0, 3), 'one');
  window.begin(chunk, 9);
  assert.equal(window.decode(chunk, 0, 3), undefined);
});
