const SMALLEST_CAPACITY = 256;
const KEPT_CAPACITY = 1024;
const NOTHING = Buffer.alloc(0);

/**
 * The bytes of a message that isn't complete yet. Grows by doubling with what arrives, never with what a peer
 * merely announces, and lets go of a large buffer with its message, so that idle connections stay small.
 */
export class Pending {
  #bytes: Buffer = NOTHING;
  #length = 0;

  /** Only the first `length` bytes have meaning. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get length(): number {
    return this.#length;
  }

  /** @param most bytes the message will have, where known: the buffer doesn't double beyond them. */
  append(bytes: Buffer, start: number, end: number, most = Infinity): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) this.#grow(length, most);
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length = length;
  }

  /** Returns the buffer, whose content stays valid until the next `append`, and begins anew. */
  take(): Buffer {
    const bytes = this.#bytes;
    this.#length = 0;
    if (bytes.length > KEPT_CAPACITY) this.#bytes = NOTHING;
    return bytes;
  }

  #grow(needed: number, most: number): void {
    const doubled = Math.max(needed, 2 * this.#bytes.length, SMALLEST_CAPACITY);
    // Not from Node's pool: a message that never completes would pin all of it.
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(doubled, most)));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
