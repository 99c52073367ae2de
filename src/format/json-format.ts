import { MessageError } from '../base/errors.ts';
import type { Format, StreamDecoder } from './format.ts';
import { jsonFaultPosition } from './json-fault.ts';
import { showValue } from '../base/show-value.ts';
import { decodeUtf8 } from './utf8.ts';

/** The working side of `json()`. */
export class JsonFormat implements Format {
  readonly name = 'json';
  readonly encoding = 'utf-8';

  decode(bytes: Buffer, start: number, end: number): unknown {
    const text = decodeUtf8('json', bytes, start, end);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new MessageError('invalid-message', `json: ${withPosition((cause as Error).message, text)}`, {
        cause,
      });
    }
  }

  encode(message: unknown): string {
    let text: string | undefined;
    try {
      text = JSON.stringify(message);
    } catch (cause) {
      throw new MessageError('invalid-message', `json: ${(cause as Error).message}`, { cause });
    }
    if (text !== undefined) return text;
    throw new MessageError(
      'invalid-message',
      `json: a message must be a value that JSON can express, got ${showValue(message)}`,
    );
  }

  createStreamDecoder(): StreamDecoder<unknown> {
    return { decode: (bytes, start, end) => this.decode(bytes, start, end), end: () => undefined };
  }
}

// V8 quotes at most 20 characters of the text, too few to hold this phrase.
const POSITION = /in JSON at position \d/;

function withPosition(message: string, text: string): string {
  return POSITION.test(message) ? message : `${message}, at position ${jsonFaultPosition(text)}`;
}
