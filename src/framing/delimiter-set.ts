import { isUtf8 } from 'node:buffer';

const FIRST_NON_ASCII = 0x80;

/** Delimiters prepared for search. A delimiter is found by its last byte, so it may have begun in an earlier read. */
export class DelimiterSet {
  /** The one that is written. */
  readonly first: Buffer;
  /** The same as a text that is written in one byte for each character. */
  readonly firstText: string;
  /** Bytes of the longest. */
  readonly longest: number;
  /** The delimiters as texts, where all are ASCII: then they can be searched for in a string. */
  readonly texts: readonly string[] | undefined;
  /** Of those that end at the same byte the longest leaves the shortest message, so it comes first. */
  readonly longestFirst: readonly Buffer[];
  readonly #endsOne = new Uint8Array(256);
  readonly #continuesOne = new Uint8Array(256);
  readonly #onlyLastByte: number;

  constructor(delimiters: readonly Buffer[]) {
    this.first = delimiters[0]!;
    this.firstText = this.first.toString('latin1');
    this.longestFirst = delimiters.toSorted((a, b) => b.length - a.length);
    this.longest = this.longestFirst[0]!.length;
    for (const delimiter of delimiters) {
      this.#endsOne[delimiter.at(-1)!] = 1;
      for (const byte of delimiter.subarray(0, -1)) this.#continuesOne[byte] = 1;
    }
    const lastBytes = new Set(delimiters.map((delimiter) => delimiter.at(-1)!));
    this.#onlyLastByte = lastBytes.size === 1 ? this.first.at(-1)! : -1;
    const ascii = delimiters.every((delimiter) => delimiter.every((byte) => byte < FIRST_NON_ASCII));
    this.texts = ascii ? this.longestFirst.map((delimiter) => delimiter.toString('latin1')) : undefined;
  }

  /** Position of the next byte that ends a delimiter if the bytes before it agree; -1 when there is none. */
  findLastByte(bytes: Buffer, from: number, end: number): number {
    if (this.#onlyLastByte >= 0) return bytes.indexOf(this.#onlyLastByte, from, end);
    for (let at = from; at < end; at += 1) if (this.#endsOne[bytes[at]!] === 1) return at;
    return -1;
  }

  /**
   * Length of the delimiter that ends at `to` in `bytes`, 0 when none does. The message begins with the first
   * `heldLength` bytes of `held` and goes on at `from` in `bytes`.
   */
  matchBefore(held: Buffer, heldLength: number, bytes: Buffer, from: number, to: number): number {
    for (const delimiter of this.longestFirst) {
      if (endsWith(delimiter, held, heldLength, bytes, from, to)) return delimiter.length;
    }
    return 0;
  }

  /** Whether a message that ends in this byte may end in the beginning of a delimiter. */
  mayBegin(lastByte: number): boolean {
    return this.#continuesOne[lastByte] === 1;
  }

  /** Length of the longest tail, of `held` followed by `bytes.subarray(from, to)`, that begins a delimiter. */
  partialBefore(held: Buffer, heldLength: number, bytes: Buffer, from: number, to: number): number {
    let longest = 0;
    for (const delimiter of this.longestFirst) {
      for (let length = delimiter.length - 1; length > longest; length -= 1) {
        if (endsWith(delimiter.subarray(0, length), held, heldLength, bytes, from, to)) longest = length;
      }
    }
    return longest;
  }
}

function endsWith(
  wanted: Buffer,
  held: Buffer,
  heldLength: number,
  bytes: Buffer,
  from: number,
  to: number,
): boolean {
  if (wanted.length > heldLength + to - from) return false;
  let at = to - 1;
  for (let index = wanted.length - 1; index >= 0; index -= 1, at -= 1) {
    const byte = at >= from ? bytes[at] : held[heldLength + at - from];
    if (byte !== wanted[index]) return false;
  }
  return true;
}

/** A delimiter as it is shown in errors. */
export function showDelimiter(delimiter: Buffer): string {
  return isUtf8(delimiter) ? JSON.stringify(delimiter.toString()) : `0x${delimiter.toString('hex')}`;
}
