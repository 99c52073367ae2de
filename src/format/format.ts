/** The formats whose messages are strings. */
export type TextFormatName = 'utf-8' | 'utf-16le' | 'latin1' | 'ascii' | 'hex' | 'base64';

/** How a message's bytes become a value. */
export type FormatName = TextFormatName | 'binary' | 'json';

// Exists in types only, so that the message type can be inferred from a descriptor.
declare const messageType: unique symbol;

/** A format as plain data, made by `text()`, `binary()` or `json()`. `M` is the type of its messages. */
export interface FormatDescriptor<M = unknown> {
  readonly type: FormatName;
  readonly fatal?: boolean;
  readonly [messageType]?: M;
}

type MessageOfName<N extends FormatName> = N extends 'json' ? unknown : N extends 'binary' ? Buffer : string;

/** The message type of a format: string, Buffer, or what `json<T>()` was given. */
export type MessageOf<F extends FormatName | FormatDescriptor> = F extends FormatName
  ? MessageOfName<F>
  : F extends FormatDescriptor<infer M>
    ? unknown extends M
      ? MessageOfName<F['type']>
      : M
    : never;

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
