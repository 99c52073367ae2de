import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Decoder, Framing } from '../../src/framing/framing.ts';

/** One message as a decoder emitted it, copied. */
export interface Taken {
  readonly message: Buffer;
  readonly frame: Buffer;
}

/** What stands around the bytes in the shared buffer: every framing would see something in it. */
const JUNK = Buffer.from('\r\n;\0\n\x01\x00\x00\x00\x01,\n');

/** Feeds chunks through one shared buffer, as a thread does; `more` is asked after each message. */
export function feed(decoder: Decoder, chunks: readonly Buffer[], more: () => boolean = () => true): Taken[] {
  const taken: Taken[] = [];
  for (const chunk of chunks) {
    const shared = Buffer.concat([JUNK, chunk, JUNK]);
    const end = JUNK.length + chunk.length;
    for (let from = JUNK.length; from < end;) {
      let stopped = false;
      const position = decoder.decode(shared, from, end, (bytes, start, to, frameStart, frameEnd) => {
        assert.equal(stopped, false, 'emitted after being told to stop');
        taken.push({
          message: Buffer.from(bytes.subarray(start, to)),
          frame: Buffer.from(bytes.subarray(frameStart, frameEnd)),
        });
        stopped = !more();
        return !stopped;
      });
      assert.ok(position > from && position <= end);
      assert.ok(stopped || position === end, 'stopped without being told to');
      if (stopped) assert.equal(decoder.buffered, 0, 'over-consumed');
      from = position;
    }
    shared.fill(0xee);
  }
  return taken;
}

export function encodeAll(
  framing: Framing,
  messages: readonly (string | Uint8Array)[],
  encoding: BufferEncoding = 'utf-8',
): Buffer {
  const parts: Buffer[] = [];
  for (const message of messages) {
    framing.encode(message, encoding, (part) =>
      parts.push(typeof part === 'string' ? Buffer.from(part, encoding) : Buffer.from(part)),
    );
  }
  return Buffer.concat(parts);
}

/** Cuts bytes into chunks of these sizes, again and again. */
export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const to = from + sizes[turn % sizes.length]!;
    chunks.push(bytes.subarray(from, to));
    from = to;
  }
  return chunks;
}

/** Sizes of chunks, and after which messages to stop. */
export const delivery = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
  stops: fc.array(fc.boolean(), { minLength: 1 }),
});
export type Delivery = typeof delivery extends fc.Arbitrary<infer T> ? T : never;

/** Checks that bytes give the same messages, however they are delivered, and that the frames are all the bytes. */
export function checkDecoding(
  framing: Framing,
  wire: Buffer,
  expected: readonly Buffer[],
  { sizes, stops }: Delivery,
): void {
  let turn = 0;
  const deliveries: [chunks: Buffer[], more: () => boolean][] = [
    [[wire], () => true],
    [cut(wire, [1]), () => true],
    [cut(wire, sizes), () => true],
    [cut(wire, sizes), () => stops[(turn += 1) % stops.length]!],
    [[wire], () => false],
  ];
  for (const [chunks, more] of deliveries) {
    const decoder = framing.createDecoder();
    const taken = feed(decoder, chunks, more);
    assert.deepEqual(
      taken.map(({ message }) => message),
      expected,
    );
    assert.deepEqual(Buffer.concat(taken.map(({ frame }) => frame)), wire);
    assert.equal(decoder.buffered, 0);
  }
}

/** Checks that messages survive encoding and decoding. */
export function checkRoundTrip(framing: Framing, messages: readonly Uint8Array[], how: Delivery): void {
  checkDecoding(
    framing,
    encodeAll(framing, messages),
    messages.map((message) => Buffer.from(message)),
    how,
  );
}

/** The messages as latin1 texts. */
export function decodeText(framing: Framing, text: string): string[] {
  return feed(framing.createDecoder(), [Buffer.from(text, 'latin1')]).map(({ message }) =>
    message.toString('latin1'),
  );
}

/** Feeds a chunk until the decoder throws. @returns the bytes fed, without the chunk that failed, and the most held. */
export function feedUntilError(
  decoder: Decoder,
  chunk: Buffer,
  limit: number,
  error: { code: string; message: RegExp | string },
): { fed: number; held: number } {
  let fed = 0;
  let held = 0;
  for (; fed < limit; fed += chunk.length) {
    try {
      decoder.decode(chunk, 0, chunk.length, () => true);
    } catch (thrown) {
      assert.throws(() => {
        throw thrown;
      }, error);
      return { fed, held };
    }
    held = Math.max(held, decoder.buffered);
  }
  return assert.fail(`no error within ${limit} bytes`);
}
