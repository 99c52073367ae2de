import { MessageError } from '../base/errors.ts';
import type { TextFormatName } from './descriptor.ts';
import type { Format, StreamDecoder } from './format.ts';
import { AsciiWindow } from './ascii-window.ts';
import { showValue } from '../base/show-value.ts';
import { decodeFatally, encodingFault } from './text-checks.ts';
import { createTextStreamDecoder } from './text-stream.ts';

/** In these an ASCII character is one byte, of the same value. */
const ASCII_COMPATIBLE: ReadonlySet<TextFormatName> = new Set(['utf-8', 'latin1', 'ascii']);

/** The working side of `text()`. */
export class TextFormat implements Format<string> {
  readonly name: TextFormatName;
  readonly encoding: BufferEncoding;
  readonly #fatal: boolean;
  readonly #window: AsciiWindow | undefined;

  constructor(name: TextFormatName, fatal: boolean) {
    this.name = name;
    this.encoding = name;
    this.#fatal = fatal;
    this.#window = ASCII_COMPATIBLE.has(name) ? new AsciiWindow() : undefined;
  }

  begin(bytes: Buffer, end: number): void {
    this.#window?.begin(bytes, end);
  }

  decode(bytes: Buffer, start: number, end: number): string {
    return this.#window?.decode(bytes, start, end) ?? this.#decodeAlone(bytes, start, end);
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

  #decodeAlone(bytes: Buffer, start: number, end: number): string {
    return this.#fatal
      ? decodeFatally(this.name, bytes, start, end)
      : bytes.toString(this.encoding, start, end);
  }

  #invalid(fault: string): MessageError {
    return new MessageError('invalid-message', `${this.name}: ${fault}`);
  }
}
