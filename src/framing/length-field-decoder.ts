import { MessageError } from '../base/errors.ts';
import type { Decoder, Emit } from './framing.ts';
import type { LengthField } from './length-header.ts';
import { Pending } from './pending.ts';

/** The options of `lengthField` with every default filled in. */
export interface FrameLayout {
  readonly field: LengthField;
  readonly offset: number;
  readonly adjustment: number;
  /** `'header'`: the length field, however long it is. */
  readonly strip: number | 'header';
  readonly maxLength: number;
}

/** Takes frames apart by the length in their header. */
export class LengthFieldDecoder implements Decoder {
  readonly #layout: FrameLayout;
  readonly #pending = new Pending();
  /** Of the frame in `#pending`; 0 while its header isn't complete. */
  #pendingLength = 0;
  /** Where the message begins in the frame whose header was read last. */
  #messageStart = 0;

  constructor(layout: FrameLayout) {
    this.#layout = layout;
  }

  get buffered(): number {
    return this.#pending.length;
  }

  decode(bytes: Buffer, start: number, end: number, emit: Emit): number {
    let from = start;
    if (this.#pending.length > 0) {
      from = this.#fill(bytes, start, end);
      const length = this.#pendingLength;
      if (length === 0 || this.#pending.length < length) return end;
      this.#pendingLength = 0;
      if (!emit(this.#pending.take(), this.#messageStart, length, 0, length)) return from;
    }
    while (from < end) {
      const length = this.#frameLength(bytes, from, end);
      const to = from + length;
      if (length === 0 || to > end) {
        this.#pendingLength = length;
        this.#pending.append(bytes, from, end, length || this.#layout.maxLength);
        return end;
      }
      if (!emit(bytes, from + this.#messageStart, to, from, to)) return to;
      from = to;
    }
    return end;
  }

  /** Adds to the pending frame what belongs to it. @returns the position behind that. */
  #fill(bytes: Buffer, start: number, end: number): number {
    const pending = this.#pending;
    const { offset, field } = this.#layout;
    let from = start;
    while (this.#pendingLength === 0 && from < end) {
      const missing = Math.max(1, offset + field.shortest - pending.length);
      const to = Math.min(end, from + missing);
      pending.append(bytes, from, to);
      from = to;
      this.#pendingLength = this.#frameLength(pending.bytes, 0, pending.length);
    }
    if (this.#pendingLength === 0) return from;
    const to = Math.min(end, from + this.#pendingLength - pending.length);
    pending.append(bytes, from, to, this.#pendingLength);
    return to;
  }

  /** Length of the frame that begins at `at`; 0 when its header isn't complete. */
  #frameLength(bytes: Buffer, at: number, end: number): number {
    const { field, offset, adjustment, strip, maxLength } = this.#layout;
    const size = field.sizeAt(bytes, at + offset, end);
    if (size === 0) return 0;
    const value = field.read(bytes, at + offset, size);
    const header = offset + size;
    const length = value + adjustment + header;
    if (length < header) {
      throw new MessageError(
        'invalid-message',
        `length-field: the length ${value} with adjustment ${adjustment} ends inside the header`,
      );
    }
    if (length > maxLength) {
      throw new MessageError(
        'message-too-large',
        `length-field: a frame of ${show(length)} bytes is announced, more than maxLength (${maxLength})`,
      );
    }
    this.#messageStart = strip === 'header' ? header : strip;
    if (this.#messageStart > length) {
      throw new MessageError(
        'invalid-message',
        `length-field: a frame of ${length} bytes is announced, shorter than strip (${strip})`,
      );
    }
    return length;
  }
}

function show(length: number): string {
  return Number.isSafeInteger(length) ? String(length) : `more than ${Number.MAX_SAFE_INTEGER}`;
}
