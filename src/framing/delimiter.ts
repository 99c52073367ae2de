import { Delimited } from './delimited.ts';
import { DelimiterSet } from './delimiter-set.ts';
import type { Framing } from './framing.ts';

const DEFAULT_MAX_LENGTH = 65_536;

/** `delimiter` framing as plain data, see {@link delimiter}. */
export interface DelimiterDescriptor {
  readonly type: 'delimiter';
  /** What ends a message; the first one is sent. */
  readonly delimiters: readonly (string | Uint8Array)[];
  /** Longest message in bytes, without its delimiter. Default 65,536. */
  readonly maxLength?: number;
}

/**
 * A message ends in a delimiter, which isn't part of the message. Of several delimiters the one that gives the
 * shortest message wins, as in Netty's DelimiterBasedFrameDecoder. Netty lets one delimiter begin or hold another
 * (`\r` and `\r\n`) and then splits by how the bytes happened to arrive; here a delimiter that holds another one
 * elsewhere than at its own end is refused, so the same bytes always give the same messages.
 * Messages are sent with the first delimiter; `send` rejects (`invalid-message`) a message that holds a delimiter, or
 * whose end would make one too early together with the delimiter behind it.
 * @param delimiters one or several; each a text (sent in utf-8) or bytes, of 1 to 256 bytes.
 * @param options.maxLength longest message in bytes, without its delimiter. A longer one fails as `message-too-large`
 * as soon as that is known, before its end arrives. Default 65,536.
 */
export function delimiter(
  delimiters: string | Uint8Array | readonly (string | Uint8Array)[],
  options: { maxLength?: number } = {},
): DelimiterDescriptor {
  const isOne = typeof delimiters === 'string' || delimiters instanceof Uint8Array;
  return { type: 'delimiter', delimiters: isOne ? [delimiters] : delimiters, ...options };
}

/** The working side of {@link delimiter}. */
export function createDelimiter(descriptor: DelimiterDescriptor): Framing {
  const delimiters = new DelimiterSet(descriptor.delimiters.map(delimiterBytes));
  return new Delimited('delimiter', delimiters, descriptor.maxLength ?? DEFAULT_MAX_LENGTH);
}

/** A copy: the descriptor's bytes are its owner's. */
export function delimiterBytes(given: string | Uint8Array): Buffer {
  return typeof given === 'string' ? Buffer.from(given) : Buffer.from(given);
}
