import { isAscii } from 'node:buffer';
import { MessageError } from '../base/errors.ts';
import type { TextFormatName } from './descriptor.ts';
import { decodeUtf8 } from './utf8.ts';

/**
 * Decodes the bytes of a message, all of which must be valid.
 * @throws MessageError `invalid-message`.
 */
export function decodeFatally(name: TextFormatName, bytes: Buffer, start: number, end: number): string {
  if (name === 'utf-8') return decodeUtf8(name, bytes, start, end);
  if (name === 'ascii') {
    const message = bytes.subarray(start, end);
    if (isAscii(message)) return message.toString('latin1');
    const at = message.findIndex((byte) => byte > 0x7f);
    throw new MessageError(
      'invalid-message',
      `ascii: a message's bytes must be at most 0x7f, got 0x${message[at]!.toString(16)} at position ${at}`,
    );
  }
  const decoded = bytes.toString('utf-16le', start, end);
  if ((end - start) % 2 !== 0) {
    throw new MessageError(
      'invalid-message',
      `utf-16le: a message must have an even number of bytes, got ${end - start}`,
    );
  }
  checkWellFormed(decoded);
  return decoded;
}

/** @throws MessageError when a surrogate of utf-16 stands alone. */
export function checkWellFormed(decoded: string): void {
  if (decoded.isWellFormed()) return;
  throw new MessageError(
    'invalid-message',
    `utf-16le: a message must not have a surrogate alone, got one at character ${loneSurrogate(decoded)}`,
  );
}

function loneSurrogate(text: string): number {
  return text.search(/\p{Surrogate}/u);
}

/** Why a text can't be written; undefined when it can. Unless `fatal`, only that it isn't hex or base64. */
export function encodingFault(name: TextFormatName, fatal: boolean, text: string): string | undefined {
  if (name === 'hex') return hexFault(text);
  if (name === 'base64') return base64Fault(text);
  if (!fatal) return undefined;
  if (name !== 'ascii') {
    if (text.isWellFormed()) return undefined;
    return `a message must not have a surrogate alone, got one at character ${loneSurrogate(text)}`;
  }
  const at = text.search(/\P{ASCII}/u);
  if (at === -1) return undefined;
  return `a message must have characters up to U+007F only, got ${JSON.stringify(text[at])} at character ${at}`;
}

function hexFault(text: string): string | undefined {
  const at = text.search(/[^\da-f]/i);
  if (at !== -1)
    return `a message must have hexadecimal digits only, got ${JSON.stringify(text[at])} at character ${at}`;
  if (text.length % 2 === 0) return undefined;
  return `a message must have an even number of digits, got ${text.length}`;
}

function base64Fault(text: string): string | undefined {
  const at = text.search(/[^\dA-Za-z+/]/);
  const padding = at === -1 ? '' : text.slice(at);
  if (padding !== '' && padding !== '=' && padding !== '==') {
    return `a message must have base64 characters and at most two "=" at its end, got ${JSON.stringify(text[at])} at character ${at}`;
  }
  if (text.length % 4 === 0) return undefined;
  return `a message must have a multiple of 4 characters, padded with "=", got ${text.length}`;
}
