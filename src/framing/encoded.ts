/** The bytes of a message; a view where it has bytes already. */
export function toBuffer(message: string | Uint8Array, encoding: BufferEncoding): Buffer {
  if (typeof message === 'string') return Buffer.from(message, encoding);
  return Buffer.isBuffer(message)
    ? message
    : Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}

export function isUtf8Encoding(encoding: BufferEncoding): boolean {
  return encoding === 'utf-8' || encoding === 'utf8';
}

/** What to write for a message, with a length that can be relied on. */
export interface Measured {
  readonly content: string | Uint8Array;
  readonly length: number;
}

/** Strings stay strings where Node can tell their exact length in bytes: not in hex and base64, which may hold junk. */
export function measure(message: string | Uint8Array, encoding: BufferEncoding): Measured {
  if (typeof message !== 'string') return { content: message, length: message.byteLength };
  if (encoding === 'hex' || encoding.startsWith('base64')) {
    const bytes = Buffer.from(message, encoding);
    return { content: bytes, length: bytes.length };
  }
  return { content: message, length: Buffer.byteLength(message, encoding) };
}
