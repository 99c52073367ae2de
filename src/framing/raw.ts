import type { Decoder, Emit, Framing, WritePart } from './framing.ts';

/** `raw` framing as plain data, see {@link raw}. */
export interface RawDescriptor {
  readonly type: 'raw';
  /** Largest message in bytes. Default: the `size` option. */
  readonly size?: number;
}

/**
 * A message is what one read returned, split at `size` bytes, as with `recv(size)` in Python. TCP may split or
 * join what a client sent; use another framing where the borders of messages matter.
 * @param options.size largest message in bytes. Default: the server's `size` option (1024).
 */
export function raw(options: { size?: number } = {}): RawDescriptor {
  return { type: 'raw', ...options };
}

/** The working side of {@link raw}. */
export function createRaw(size: number): Framing {
  return { name: 'raw', isStream: true, createDecoder: () => new RawDecoder(size), encode };
}

function encode(message: string | Uint8Array, _encoding: BufferEncoding, write: WritePart): void {
  write(message);
}

class RawDecoder implements Decoder {
  readonly buffered = 0;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  decode(bytes: Buffer, start: number, end: number, emit: Emit): number {
    for (let from = start; from < end;) {
      const to = Math.min(from + this.#size, end);
      if (!emit(bytes, from, to, from, to)) return to;
      from = to;
    }
    return end;
  }
}
