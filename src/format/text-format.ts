import { MessageError } from '../shared/errors.ts';
import type { Format, StreamDecoder, TextFormatName } from './format-types.ts';
import { showValue } from '../shared/show-value.ts';
import { decodeFatally, encodingFault } from './text-checks.ts';
import { createTextStreamDecoder } from './text-stream.ts';

/** The working side of `text()`. */
export class TextFormat implements Format<string> {
  readonly name: TextFormatName;
  readonly encoding: BufferEncoding;
  readonly #fatal: boolean;

  constructor(name: TextFormatName, fatal: boolean) {
    this.name = name;
    this.encoding = name;
    this.#fatal = fatal;
  }

  decode(bytes: Buffer, start: number, end: number): string {
    return this.#fatal
      ? decodeFatally(this.name, bytes, start, end)
      : bytes.toString(this.encoding, start, end);
  }

  encode(message: string): string {
    const given: unknown = message;
    if (typeof given !== 'string') {
      throw this.#invalid(`a message must be a string, got ${showValue(given)}`);
    }
    const fault = encodingFault(this.name, this.#fatal, given);
    if (fault !== undefined) throw this.#invalid(fault);
    return given;
  }

  createStreamDecoder(): StreamDecoder<string> {
    return createTextStreamDecoder(this.name, this.#fatal, (bytes, start, end) =>
      this.decode(bytes, start, end),
    );
  }

  #invalid(fault: string): MessageError {
    return new MessageError('invalid-message', `${this.name}: ${fault}`);
  }
}
