/**
 * A framing of the user's, of which nothing is taken on trust: what it returns, emits and writes is checked. So a fault of it
 * says where it is, and costs one connection.
 */
import { isMessageError, MESSAGE_ERROR_CODES, MessageError } from '../base/errors.ts';
import { showValue } from '../base/show-value.ts';
import type { Decoder, Emit, Framing, WritePart } from './framing.ts';

export class CheckedFraming implements Framing {
  readonly name: string;
  readonly isStream: boolean;
  readonly #framing: Framing;

  constructor(framing: Framing) {
    this.name = framing.name;
    this.isStream = framing.isStream ?? false;
    this.#framing = framing;
  }

  /** @throws what the framing throws; TypeError for what is no decoder. */
  createDecoder(): Decoder {
    return new CheckedDecoder(this.name, this.#framing.createDecoder());
  }

  /** Of a message that can't be framed nothing is written, whenever the framing finds out. */
  encode(message: string | Uint8Array, encoding: BufferEncoding, write: WritePart): void {
    const parts: (string | Uint8Array)[] = [];
    let hasReturned = false;
    const take = (part: string | Uint8Array): void => {
      if (hasReturned) throw fault(this.name, 'encode() must have written everything when it returns');
      parts.push(this.#part(part, message));
    };
    let returned: unknown;
    try {
      returned = this.#framing.encode(message, encoding, take);
    } catch (error) {
      throw claim(this.name, error);
    }
    hasReturned = true;
    if (returned !== undefined) {
      forget(returned);
      throw fault(
        this.name,
        `encode() must write, and return nothing when it is done, got ${showValue(returned)}`,
      );
    }
    for (const part of parts) write(part);
  }

  /** A part that isn't the message's own may lie in memory that the framing uses again. */
  #part(part: unknown, message: string | Uint8Array): string | Uint8Array {
    if (typeof part === 'string') return part;
    if (part instanceof Uint8Array) return isOf(message, part) ? part : Buffer.from(part);
    throw fault(this.name, `encode() must write strings and Uint8Arrays, got ${showValue(part)}`);
  }
}

class CheckedDecoder implements Decoder {
  buffered = 0;
  readonly #name: string;
  readonly #decoder: Decoder;
  /** The call under way. */
  #call: { bytes: Buffer; start: number; end: number; emit: Emit; isStopped: boolean } | undefined;
  /** What was thrown to the decoder, which it may have caught. */
  #thrown: { readonly error: unknown } | undefined;

  constructor(name: string, decoder: Decoder) {
    this.#name = name;
    this.#decoder = decoder;
    const { decode } = (decoder ?? {}) as Partial<Decoder>;
    if (typeof decode !== 'function') {
      throw this.#fault(
        `createDecoder() must return an object with a decode function, got ${showValue(decoder)}`,
      );
    }
    this.#checkBuffered();
  }

  decode(bytes: Buffer, start: number, end: number, emit: Emit): number {
    const call = { bytes, start, end, emit, isStopped: false };
    this.#throwCaught();
    this.#call = call;
    let taken: unknown;
    try {
      taken = this.#decoder.decode(bytes, start, end, this.#emit);
    } catch (error) {
      this.#throwCaught();
      throw claim(this.#name, error);
    } finally {
      this.#call = undefined;
    }
    this.#throwCaught();
    this.#checkBuffered();
    return this.#checkTaken(taken, call, end);
  }

  /** Emits for the call under way, whose `start` moves on behind what was emitted. */
  readonly #emit: Emit = (bytes, start, end, frameStart, frameEnd) => {
    try {
      const call = this.#call;
      if (call === undefined) throw this.#fault('decode() must have emitted every message when it returns');
      if (call.isStopped) throw this.#fault('decode() must emit no message after emit() returned false');
      this.#checkPositions(bytes, [frameStart, start, end, frameEnd]);
      if (bytes === call.bytes) {
        if (frameStart < call.start || frameEnd > call.end) {
          throw this.#fault(
            `a message that decode() emits must lie between ${call.start} and ${call.end}, got ${frameStart} to ${frameEnd}`,
          );
        }
        call.start = frameEnd;
      }
      call.isStopped = !call.emit(bytes, start, end, frameStart, frameEnd);
      return !call.isStopped;
    } catch (error) {
      this.#thrown ??= { error };
      // Later than it may, nobody is there to catch it: the next call tells.
      if (this.#call === undefined) return false;
      throw error;
    }
  };

  #checkPositions(bytes: unknown, positions: readonly number[]): void {
    if (!Buffer.isBuffer(bytes)) {
      throw this.#fault(`decode() must emit messages in a Buffer, got ${showValue(bytes)}`);
    }
    const bounds = [0, ...positions, bytes.length];
    const isOrdered = bounds.every((bound, index) => index === 0 || bound >= bounds[index - 1]!);
    if (isOrdered && positions.every(Number.isInteger)) return;
    const [frameStart, start, end, frameEnd] = positions.map(showValue);
    throw this.#fault(
      `decode() must emit positions with 0 <= frameStart <= start <= end <= frameEnd <= ${bytes.length}, got ` +
        `frameStart ${frameStart}, start ${start}, end ${end}, frameEnd ${frameEnd}`,
    );
  }

  #checkTaken(
    taken: unknown,
    { start, isStopped }: { start: number; isStopped: boolean },
    end: number,
  ): number {
    if (!Number.isInteger(taken) || Number(taken) < start || Number(taken) > end) {
      forget(taken);
      throw this.#fault(`decode() must return a position from ${start} to ${end}, got ${showValue(taken)}`);
    }
    if (Number(taken) < end && !isStopped) {
      throw this.#fault(`decode() must return ${end} unless emit() returned false, got ${showValue(taken)}`);
    }
    return Number(taken);
  }

  #checkBuffered(): void {
    const { buffered } = this.#decoder;
    if (!Number.isInteger(buffered) || buffered < 0) {
      throw this.#fault(`its decoder's buffered must be a number of bytes, got ${showValue(buffered)}`);
    }
    this.buffered = buffered;
  }

  #throwCaught(): void {
    if (this.#thrown) throw this.#thrown.error;
  }

  #fault(what: string): TypeError {
    return fault(this.#name, what);
  }
}

function fault(name: string, what: string, options?: ErrorOptions): TypeError {
  return new TypeError(`framing "${name}": ${what}`, options);
}

/** The error, to be told of one connection: a framing may throw the same again and again. */
function claim(name: string, error: unknown): unknown {
  if (!isMessageError(error)) return error;
  const { code, message, connectionId } = error;
  if (!MESSAGE_ERROR_CODES.includes(code)) {
    const codes = MESSAGE_ERROR_CODES.join(', ');
    return fault(name, `the code of a MessageError must be one of ${codes}, got ${showValue(code)}`, {
      cause: error,
    });
  }
  if (connectionId === undefined && isWritable(error)) return error;
  const own = message.replace(`connection ${connectionId}: `, '');
  return new MessageError(code, own, { cause: error });
}

function isWritable(error: MessageError): boolean {
  try {
    const { message } = error;
    error.message = message;
    delete error.connectionId;
    return true;
  } catch {
    return false;
  }
}

/** Whether a part lies within the message. */
function isOf(message: string | Uint8Array, part: Uint8Array): boolean {
  if (typeof message === 'string' || message.buffer !== part.buffer) return false;
  const from = part.byteOffset - message.byteOffset;
  return from >= 0 && from + part.byteLength <= message.byteLength;
}

/** Nobody waits for it, in case that it is a promise: its rejection must not end the thread. */
function forget(returned: unknown): void {
  if (returned instanceof Promise) returned.catch(() => {});
}
