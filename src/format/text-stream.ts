import { StringDecoder } from 'node:string_decoder';
import { MessageError } from '../base/errors.ts';
import type { TextFormatName } from './descriptor.ts';
import type { StreamDecoder } from './format.ts';
import { checkWellFormed } from './text-checks.ts';

/** The top six bits of its code unit, so of its second byte. */
const HIGH_SURROGATE = 0xd8;

type DecodeWhole = (bytes: Buffer, start: number, end: number) => string;

/** @param decodeWhole for the encodings in which every byte stands for itself. */
export function createTextStreamDecoder(
  name: TextFormatName,
  fatal: boolean,
  decodeWhole: DecodeWhole,
): StreamDecoder<string> {
  if (name === 'utf-8') return fatal ? new FatalUtf8Stream() : new LenientStream(name);
  if (name === 'utf-16le') return new Utf16Stream(fatal);
  if (name === 'base64') return new LenientStream(name);
  return { decode: decodeWhole, end: () => undefined };
}

class LenientStream implements StreamDecoder<string> {
  readonly #decoder: StringDecoder;

  constructor(encoding: BufferEncoding) {
    this.#decoder = new StringDecoder(encoding);
  }

  decode(bytes: Buffer, start: number, end: number): string | undefined {
    return this.#decoder.write(bytes.subarray(start, end)) || undefined;
  }

  end(): string | undefined {
    return this.#decoder.end() || undefined;
  }
}

class FatalUtf8Stream implements StreamDecoder<string> {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #position = 0;

  decode(bytes: Buffer, start: number, end: number): string | undefined {
    const from = this.#position;
    this.#position += end - start;
    try {
      return this.#decoder.decode(bytes.subarray(start, end), { stream: true }) || undefined;
    } catch (cause) {
      const where = `between the positions ${from} and ${this.#position} of the stream`;
      throw new MessageError('invalid-message', `utf-8: the bytes must be valid utf-8, got others ${where}`, {
        cause,
      });
    }
  }

  end(): undefined {
    try {
      this.#decoder.decode();
    } catch (cause) {
      throw new MessageError('invalid-message', 'utf-8: the stream ends within a character', { cause });
    }
  }
}

/** Not Node's StringDecoder: that one breaks a surrogate pair when a read ends within its first half. */
class Utf16Stream implements StreamDecoder<string> {
  readonly #fatal: boolean;
  #held: Buffer = Buffer.alloc(0);

  constructor(fatal: boolean) {
    this.#fatal = fatal;
  }

  decode(bytes: Buffer, start: number, end: number): string | undefined {
    const read = bytes.subarray(start, end);
    const all = this.#held.length === 0 ? read : Buffer.concat([this.#held, read]);
    let whole = all.length - (all.length % 2);
    if (whole > 0 && (all[whole - 1]! & 0xfc) === HIGH_SURROGATE) whole -= 2;
    this.#held = Buffer.from(all.subarray(whole));
    const decoded = all.toString('utf-16le', 0, whole);
    if (this.#fatal) checkWellFormed(decoded);
    return decoded || undefined;
  }

  end(): string | undefined {
    if (this.#fatal && this.#held.length > 0) {
      throw new MessageError('invalid-message', 'utf-16le: the stream ends within a character');
    }
    return this.#held.toString('utf-16le') || undefined;
  }
}
