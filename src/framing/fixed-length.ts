import { MessageError } from '../base/errors.ts';
import { measure } from './encoded.ts';
import type { Decoder, Emit, Framing, WritePart } from './framing.ts';
import { Pending } from './pending.ts';

const SPACE = 0x20;

/** `fixed-length` framing as plain data, see {@link fixedLength}. */
export interface FixedLengthDescriptor {
  readonly type: 'fixed-length';
  /** Bytes of a message. Default: the `size` option. */
  readonly length?: number;
  /** The byte that shorter messages are padded with, or false to reject them. Default 0x20. */
  readonly pad?: number | false;
}

/**
 * Every message has the same number of bytes, as with Netty's FixedLengthFrameDecoder. A shorter one is sent padded
 * at its end; messages received keep their padding, as it can't be told from content. `send` rejects a longer one
 * (`message-too-large`).
 * @param options.length bytes of a message. Default: the server's `size` option (1024).
 * @param options.pad the byte to pad with, or false to reject shorter messages (`invalid-message`). Default 0x20, a space.
 */
export function fixedLength(options: { length?: number; pad?: number | false } = {}): FixedLengthDescriptor {
  return { type: 'fixed-length', ...options };
}

/** The working side of {@link fixedLength}. */
export function createFixedLength(descriptor: FixedLengthDescriptor, size: number): Framing {
  return new FixedLength(descriptor.length ?? size, descriptor.pad ?? SPACE);
}

class FixedLength implements Framing {
  readonly name = 'fixed-length';
  readonly #length: number;
  readonly #pad: number | false;

  constructor(length: number, pad: number | false) {
    this.#length = length;
    this.#pad = pad;
  }

  createDecoder(): Decoder {
    return new FixedLengthDecoder(this.#length);
  }

  encode(message: string | Uint8Array, encoding: BufferEncoding, write: WritePart): void {
    const { content, length } = measure(message, encoding);
    const missing = this.#length - length;
    if (missing < 0) {
      throw new MessageError(
        'message-too-large',
        `fixed-length: a message must have at most ${this.#length} bytes, got ${length}`,
      );
    }
    if (missing > 0 && this.#pad === false) {
      throw new MessageError(
        'invalid-message',
        `fixed-length: a message must have ${this.#length} bytes with pad false, got ${length}`,
      );
    }
    write(content);
    if (missing > 0) write(Buffer.alloc(missing, Number(this.#pad)));
  }
}

class FixedLengthDecoder implements Decoder {
  readonly #length: number;
  readonly #pending = new Pending();

  constructor(length: number) {
    this.#length = length;
  }

  get buffered(): number {
    return this.#pending.length;
  }

  decode(bytes: Buffer, start: number, end: number, emit: Emit): number {
    const length = this.#length;
    const pending = this.#pending;
    let from = start;
    if (pending.length > 0) {
      from = Math.min(end, start + length - pending.length);
      pending.append(bytes, start, from, length);
      if (pending.length < length) return end;
      if (!emit(pending.take(), 0, length, 0, length)) return from;
    }
    while (end - from >= length) {
      const to = from + length;
      if (!emit(bytes, from, to, from, to)) return to;
      from = to;
    }
    if (from < end) pending.append(bytes, from, end, length);
    return end;
  }
}
