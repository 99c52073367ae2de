import { Delimited } from './delimited.ts';
import { DelimiterSet } from './delimiter-set.ts';
import type { Framing } from './framing.ts';

const DEFAULT_MAX_LENGTH = 65_536;
// "\n" comes first: it is the one that is written.
const LINE_ENDINGS = new DelimiterSet([Buffer.from('\n'), Buffer.from('\r\n')]);

/** `lines` framing as plain data, see {@link lines}. */
export interface LinesDescriptor {
  readonly type: 'lines';
  /** Longest message in bytes, without its line ending. Default 65,536. */
  readonly maxLength?: number;
}

/**
 * A message is a line: it ends in `\n` or `\r\n`, which isn't part of the message, as in Netty's
 * LineBasedFrameDecoder. A `\r` elsewhere is. Lines are sent with `\n`; `send` rejects (`invalid-message`) a message
 * that holds `\n`, or ends in `\r`, which the other side would take for a part of the ending.
 * @param options.maxLength longest message in bytes, without its ending. A longer one fails as `message-too-large` as
 * soon as that is known, before its end arrives. Default 65,536.
 */
export function lines(options: { maxLength?: number } = {}): LinesDescriptor {
  return { type: 'lines', ...options };
}

/** The working side of {@link lines}. */
export function createLines({ maxLength = DEFAULT_MAX_LENGTH }: LinesDescriptor): Framing {
  return new Delimited('lines', LINE_ENDINGS, maxLength);
}
