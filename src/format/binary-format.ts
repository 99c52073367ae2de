import { MessageError } from '../base/errors.ts';
import type { Format, StreamDecoder } from './format.ts';
import { showValue } from '../base/show-value.ts';

/** The working side of `binary()`. */
export class BinaryFormat implements Format<Buffer> {
  readonly name = 'binary';
  readonly encoding = 'latin1';

  decode(bytes: Buffer, start: number, end: number): Buffer {
    return Buffer.from(bytes.subarray(start, end));
  }

  encode(message: Buffer): Uint8Array {
    const given: unknown = message;
    if (given instanceof Uint8Array) return given;
    throw new MessageError(
      'invalid-message',
      `binary: a message must be a Buffer or Uint8Array, got ${showValue(given)}`,
    );
  }

  createStreamDecoder(): StreamDecoder<Buffer> {
    return { decode: (bytes, start, end) => this.decode(bytes, start, end), end: () => undefined };
  }
}
