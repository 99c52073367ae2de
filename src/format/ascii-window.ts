import { isAscii } from 'node:buffer';

/** What a message that is kept holds in memory at most, as it shares the string of its window. */
const WINDOW_BYTES = 4096;

/**
 * Decodes many short messages at once: of bytes that are all ASCII, each stands for one character in most encodings, so
 * that messages can be cut out of one string. A call into Node for each message would cost more than the cutting.
 */
export class AsciiWindow {
  #chunk: Buffer | undefined;
  #chunkEnd = 0;
  #start = 0;
  #end = 0;
  /** Undefined when not all bytes of the window are ASCII. */
  #text: string | undefined;

  /** From here on messages come from `bytes`, whose first `end` bytes don't change until the next call. */
  begin(bytes: Buffer, end: number): void {
    this.#chunk = bytes;
    this.#chunkEnd = end;
    this.#start = 0;
    this.#end = 0;
  }

  /** The text of `bytes.subarray(start, end)`; undefined when it has to be decoded by itself. */
  decode(bytes: Buffer, start: number, end: number): string | undefined {
    if (bytes !== this.#chunk) return undefined;
    if (start < this.#start || end > this.#end) {
      const windowEnd = Math.min(start + WINDOW_BYTES, this.#chunkEnd);
      const isOfUse = windowEnd - start > 2 * (end - start);
      if (!isOfUse) return undefined;
      this.#open(bytes, start, windowEnd);
    }
    return this.#text?.slice(start - this.#start, end - this.#start);
  }

  #open(bytes: Buffer, start: number, end: number): void {
    this.#start = start;
    this.#end = end;
    const window = bytes.subarray(start, end);
    this.#text = isAscii(window) ? window.toString('latin1') : undefined;
  }
}
