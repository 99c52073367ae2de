import { delimiter, fixedLength, lengthField, lines, raw, type FramingDescriptor } from '../../src/index.ts';
import { createFraming } from '../../src/framing/resolve.ts';
import { encodeAll } from './decode-all.ts';

export const FIXED_LENGTH = 16;

/** Each framing, and the variants of those that have some. */
export const FRAMINGS: Readonly<Record<string, FramingDescriptor>> = {
  raw: raw(),
  lines: lines(),
  delimiter: delimiter(['\r\n', ';']),
  'fixed-length': fixedLength({ length: FIXED_LENGTH }),
  'length-field of 1 byte': lengthField({ lengthBytes: 1 }),
  'length-field of 2 bytes': lengthField({ lengthBytes: 2 }),
  'length-field of 2 bytes, little endian': lengthField({ lengthBytes: 2, byteOrder: 'little' }),
  'length-field of 4 bytes': lengthField({ lengthBytes: 4 }),
  'length-field of 4 bytes, little endian': lengthField({ lengthBytes: 4, byteOrder: 'little' }),
  'varint length-field': lengthField({ lengthBytes: 'varint' }),
};

/** Messages as they stand on the wire. */
export function onTheWire(
  framing: FramingDescriptor,
  messages: readonly (string | Uint8Array)[],
  encoding?: BufferEncoding,
): Buffer {
  return encodeAll(createFraming(framing, 1024), messages, encoding);
}
