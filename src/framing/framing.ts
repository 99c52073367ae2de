/**
 * Takes one whole message out of a decoder. `bytes.subarray(start, end)` is the message;
 * `bytes.subarray(frameStart, frameEnd)` is the same message as it stood on the wire, with its delimiter or
 * length field: `0 <= frameStart <= start <= end <= frameEnd <= bytes.length`. Both are overwritten after the call: copy or
 * decode what is to be kept.
 * @returns false to have no more messages for now; the decoder then stops behind this one.
 */
export type Emit = (
  bytes: Buffer,
  start: number,
  end: number,
  frameStart: number,
  frameEnd: number,
) => boolean;

/** Turns one connection's bytes into messages. Keeps what it needs of an incomplete message, and no more. */
export interface Decoder {
  /**
   * Emits the messages that `bytes.subarray(start, end)` completes, in order. `bytes` is only valid during the call.
   * @returns the position in `bytes` up to which they are consumed: `end`, unless `emit` returned false. The rest
   * is passed again later.
   * @throws MessageError `message-too-large` or `invalid-message`; the decoder isn't used again after that.
   */
  decode(bytes: Buffer, start: number, end: number, emit: Emit): number;
  /** Bytes held of a message that has begun and isn't complete; 0 between messages. */
  readonly buffered: number;
}

/**
 * Takes one part of an encoded message; parts are written in the order they come. Memory of a framing's own may be used again
 * after the call.
 */
export type WritePart = (part: string | Uint8Array) => void;

/**
 * How bytes become messages and messages become bytes. The five built-in framings implement this interface;
 * a handler module may export one of its own as `framing`. What that one returns, emits and writes is checked: a fault ends
 * its connection with `handler-error`, and names the framing.
 */
export interface Framing {
  /** Names the framing in errors and logs. */
  readonly name: string;
  /** True when messages are pieces of a stream, cut anywhere: text formats then keep split characters together. */
  readonly isStream?: boolean;
  /** Called once per connection. */
  createDecoder(): Decoder;
  /**
   * Passes the parts of one framed message to `write`, before it returns. Strings are written in `encoding`.
   * @throws MessageError when the message can't be framed (it holds the delimiter, it is too long); nothing of it is
   * written then.
   */
  encode(message: string | Uint8Array, encoding: BufferEncoding, write: WritePart): void;
}
