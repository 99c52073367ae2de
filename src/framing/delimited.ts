import { MessageError } from '../base/errors.ts';
import { type DelimiterSet, showDelimiter } from './delimiter-set.ts';
import { isUtf8Encoding, toBuffer } from './encoded.ts';
import type { Decoder, Emit, Framing, WritePart } from './framing.ts';
import { Pending } from './pending.ts';

const MOST_BYTES_PER_CODE_UNIT = 3;

/** Framing by delimiters: what `lines` and `delimiter` have in common. */
export class Delimited implements Framing {
  readonly name: string;
  readonly #delimiters: DelimiterSet;
  readonly #maxLength: number;

  constructor(name: string, delimiters: DelimiterSet, maxLength: number) {
    this.name = name;
    this.#delimiters = delimiters;
    this.#maxLength = maxLength;
  }

  createDecoder(): Decoder {
    return new DelimitedDecoder(this.name, this.#delimiters, this.#maxLength);
  }

  encode(message: string | Uint8Array, encoding: BufferEncoding, write: WritePart): void {
    const { first, firstText, texts } = this.#delimiters;
    // In other encodings than utf-8 a character may become a delimiter's byte: "Ċ" in latin1 is "\n".
    if (typeof message === 'string' && texts !== undefined && isUtf8Encoding(encoding)) {
      this.#checkText(message, texts);
      write(message);
      write(firstText);
      return;
    }
    const bytes = toBuffer(message, encoding);
    this.#checkBytes(bytes);
    write(bytes);
    write(first);
  }

  #checkText(message: string, texts: readonly string[]): void {
    if (message.length * MOST_BYTES_PER_CODE_UNIT > this.#maxLength) {
      this.#checkLength(Buffer.byteLength(message));
    }
    for (let index = 0; index < texts.length; index++) {
      const at = message.indexOf(texts[index]!);
      if (at !== -1) throw this.#holdsDelimiter(index, at);
    }
    if (this.#delimiters.mayBegin(message.charCodeAt(message.length - 1))) {
      this.#checkTail(Buffer.from(message.slice(1 - this.#delimiters.longest)));
    }
  }

  #checkBytes(message: Buffer): void {
    this.#checkLength(message.length);
    for (const [index, delimiter] of this.#delimiters.longestFirst.entries()) {
      const at = message.indexOf(delimiter);
      if (at !== -1) throw this.#holdsDelimiter(index, at);
    }
    if (message.length > 0 && this.#delimiters.mayBegin(message.at(-1)!)) {
      this.#checkTail(message.subarray(1 - this.#delimiters.longest));
    }
  }

  /** Refuses a message whose end, joined with the delimiter behind it, makes a match that begins too early. */
  #checkTail(tail: Buffer): void {
    const { first } = this.#delimiters;
    for (let to = 1; to <= first.length; to += 1) {
      const length = this.#delimiters.matchBefore(tail, tail.length, first, 0, to);
      if (length > to) {
        const taken = showDelimiter(Buffer.concat([tail, first.subarray(0, to)]).subarray(-length));
        throw new MessageError(
          'invalid-message',
          `${this.name}: the end of the message, with ${showDelimiter(first)} behind it, would read as the delimiter ${taken}`,
        );
      }
    }
  }

  #holdsDelimiter(index: number, at: number): MessageError {
    const delimiter = showDelimiter(this.#delimiters.longestFirst[index]!);
    return new MessageError(
      'invalid-message',
      `${this.name}: a message must not hold the delimiter ${delimiter}, got it at position ${at}`,
    );
  }

  #checkLength(length: number): void {
    if (length <= this.#maxLength) return;
    throw new MessageError(
      'message-too-large',
      `${this.name}: the message has ${length} bytes, more than maxLength (${this.#maxLength})`,
    );
  }
}

class DelimitedDecoder implements Decoder {
  readonly #name: string;
  readonly #delimiters: DelimiterSet;
  readonly #maxLength: number;
  readonly #pending = new Pending();

  constructor(name: string, delimiters: DelimiterSet, maxLength: number) {
    this.#name = name;
    this.#delimiters = delimiters;
    this.#maxLength = maxLength;
  }

  get buffered(): number {
    return this.#pending.length;
  }

  decode(bytes: Buffer, start: number, end: number, emit: Emit): number {
    const delimiters = this.#delimiters;
    const pending = this.#pending;
    let from = start;
    let at = delimiters.findLastByte(bytes, start, end);
    while (at !== -1) {
      const to = at + 1;
      const delimiter = delimiters.matchBefore(pending.bytes, pending.length, bytes, from, to);
      if (delimiter > 0) {
        const frameStart = from;
        from = to;
        if (!this.#emit(bytes, frameStart, to, delimiter, emit)) return to;
      }
      at = delimiters.findLastByte(bytes, to, end);
    }
    if (from < end) this.#hold(bytes, from, end);
    return end;
  }

  #emit(bytes: Buffer, from: number, to: number, delimiter: number, emit: Emit): boolean {
    const pending = this.#pending;
    const frameLength = pending.length + to - from;
    if (frameLength - delimiter > this.#maxLength) throw this.#tooLarge();
    if (pending.length === 0) return emit(bytes, from, to - delimiter, from, to);
    pending.append(bytes, from, to);
    return emit(pending.take(), 0, frameLength - delimiter, 0, frameLength);
  }

  /** Keeps the beginning of a message, unless it is too long already whatever comes next. */
  #hold(bytes: Buffer, from: number, end: number): void {
    const pending = this.#pending;
    const excess = pending.length + end - from - this.#maxLength;
    if (excess > 0) {
      const possible = excess < this.#delimiters.longest;
      if (!possible || this.#partial(bytes, from, end) < excess) throw this.#tooLarge();
    }
    pending.append(bytes, from, end);
  }

  #partial(bytes: Buffer, from: number, end: number): number {
    return this.#delimiters.partialBefore(this.#pending.bytes, this.#pending.length, bytes, from, end);
  }

  #tooLarge(): MessageError {
    return new MessageError(
      'message-too-large',
      `${this.#name}: a message has more than ${this.#maxLength} bytes (maxLength) before its delimiter`,
    );
  }
}
