import { MessageError } from '../base/errors.ts';

const MAX_VARINT_BYTES = 10;
const MAX_LAST_VARINT_BYTE = 1;

/** A number on the wire that tells a frame's length. */
export interface LengthField {
  /** Fewest bytes it takes. */
  readonly shortest: number;
  /** Largest number it can hold, as far as a JavaScript number is exact. */
  readonly largest: number;
  /** Bytes it takes at `at`; 0 when it isn't all there. */
  sizeAt(bytes: Buffer, at: number, end: number): number;
  /** Its number, rounded above 2^53. */
  read(bytes: Buffer, at: number, size: number): number;
  write(value: number): Buffer;
}

/** An unsigned integer of `size` bytes. */
export function createIntegerField(size: number, byteOrder: 'big' | 'little'): LengthField {
  const little = byteOrder === 'little';
  return {
    shortest: size,
    largest: Math.min(256 ** size - 1, Number.MAX_SAFE_INTEGER),
    sizeAt: (_bytes, at, end) => (end - at < size ? 0 : size),
    read(bytes, at) {
      let value = 0;
      for (let index = 0; index < size; index += 1) {
        value = value * 256 + bytes[little ? at + size - 1 - index : at + index]!;
      }
      return value;
    },
    write(value) {
      const bytes = Buffer.allocUnsafe(size);
      let rest = value;
      for (let index = 0; index < size; index += 1) {
        bytes[little ? index : size - 1 - index] = rest % 256;
        rest = Math.floor(rest / 256);
      }
      return bytes;
    },
  };
}

/** The unsigned varint of Protocol Buffers: seven bits a byte, lowest first, at most 64 bits. */
export function createVarintField(): LengthField {
  return {
    shortest: 1,
    largest: Number.MAX_SAFE_INTEGER,
    sizeAt: varintSize,
    read(bytes, at, size) {
      let value = 0;
      for (let index = size - 1; index >= 0; index -= 1) value = value * 128 + (bytes[at + index]! & 0x7f);
      return value;
    },
    write(value) {
      const bytes: number[] = [];
      let rest = value;
      for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
      bytes.push(rest);
      return Buffer.from(bytes);
    },
  };
}

function varintSize(bytes: Buffer, at: number, end: number): number {
  for (let size = 1; at + size <= end; size += 1) {
    const byte = bytes[at + size - 1]!;
    if (size === MAX_VARINT_BYTES && byte > MAX_LAST_VARINT_BYTE) {
      throw new MessageError(
        'invalid-message',
        `length-field: a varint must have at most ${MAX_VARINT_BYTES} bytes and 64 bits, got 0x${bytes.toString('hex', at, at + size)}`,
      );
    }
    if (byte < 0x80) return size;
  }
  return 0;
}
