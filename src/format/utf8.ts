import { isUtf8 } from 'node:buffer';
import { MessageError } from '../base/errors.ts';

const REPLACEMENT = '\uFFFD';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

/**
 * Decodes utf-8 strictly.
 * @param name of the format, for errors.
 * @throws MessageError `invalid-message`.
 */
export function decodeUtf8(name: string, bytes: Buffer, start: number, end: number): string {
  const decoded = bytes.toString('utf-8', start, end);
  // What Node can't decode becomes U+FFFD, so a text without it, by far the most, needs no second look.
  if (!decoded.includes(REPLACEMENT)) return decoded;
  const message = bytes.subarray(start, end);
  if (isUtf8(message)) return decoded;
  throw new MessageError(
    'invalid-message',
    `${name}: the bytes of a message must be valid utf-8, got others at position ${faultPosition(decoded, message)}`,
  );
}

/** Position of the first invalid byte: of the first U+FFFD that doesn't stand in the bytes themselves. */
function faultPosition(decoded: string, bytes: Buffer): number {
  let position = 0;
  let from = 0;
  for (;;) {
    const at = decoded.indexOf(REPLACEMENT, from);
    position += Buffer.byteLength(decoded.slice(from, at));
    const genuine = bytes.subarray(position, position + REPLACEMENT_BYTES.length).equals(REPLACEMENT_BYTES);
    if (!genuine) return position;
    position += REPLACEMENT_BYTES.length;
    from = at + 1;
  }
}
