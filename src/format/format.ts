import type { FormatName } from './descriptor.ts';

/** Turns the bytes of messages into values and back. */
export interface Format<M = unknown> {
  readonly name: FormatName;
  /** In which the strings that `encode` returns are to be written. */
  readonly encoding: BufferEncoding;
  /**
   * The messages that {@link decode} is passed next may come from the first `end` bytes of `bytes`, which don't change
   * until the next call.
   */
  begin?(bytes: Buffer, end: number): void;
  /**
   * The value of `bytes.subarray(start, end)`; it doesn't change when `bytes` does.
   * @throws MessageError `invalid-message`.
   */
  decode(bytes: Buffer, start: number, end: number): M;
  /** @throws MessageError `invalid-message` when the message isn't a value of this format. */
  encode(message: M): string | Uint8Array;
  /** For `raw` framing, where a message may end within a character. */
  createStreamDecoder(): StreamDecoder<M>;
}

/** Decodes a stream that was cut anywhere, holding back a character that isn't complete. */
export interface StreamDecoder<M> {
  /**
   * @returns undefined when all bytes are held back.
   * @throws MessageError `invalid-message`.
   */
  decode(bytes: Buffer, start: number, end: number): M | undefined;
  /**
   * What is left at the end of the stream, undefined when nothing is.
   * @throws MessageError `invalid-message` when a fatal format's stream ends within a character.
   */
  end(): M | undefined;
}
