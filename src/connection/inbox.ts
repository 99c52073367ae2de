import type { Format, StreamDecoder } from '../format/resolve.ts';
import type { Decoder, Framing } from '../framing/framing.ts';
import type { Frame } from './handler.ts';
import { handledRejection } from './handled-rejection.ts';

/**
 * Messages that may wait for a handler that is behind. Beside them an inbox holds at most the rest of one
 * read (64 KiB) and what the decoder holds of one incomplete message.
 */
export const MAX_UNDELIVERED = 256;

/** Takes messages as they come. Returns false to hold back the next. */
export type Consumer = (message: unknown) => boolean;

/** What an inbox asks of its connection `C`; one table serves all connections. */
export interface InboxHooks<C> {
  /** Whether no further message may be delivered for now; {@link Inbox.retry} follows. */
  isHeldBack(connection: C): boolean;
  /** A message has come. */
  messageRead(connection: C): void;
  /** The handler has taken everything, and waits for more. */
  waits(connection: C): void;
  /** Reading may go on. */
  wantBytes(connection: C): void;
  /** Every message that came before the client's end was delivered. */
  delivered(connection: C): void;
  /** The decoder or the format can't make a message of the bytes; {@link Inbox.finish} follows. */
  failed(connection: C, error: unknown): void;
}

/**
 * Turns the bytes of reads into messages and keeps them until the handler takes them, a bounded number at a time. It is
 * its own iterator.
 */
export class Inbox<C> {
  readonly #connection: C;
  readonly #hooks: InboxHooks<C>;
  readonly #decoder: Decoder;
  readonly #format: Format;
  #stream: StreamDecoder<unknown> | undefined;
  #isFrames = false;
  #hasMessages = false;
  #consumer: Consumer | undefined;
  #queue: unknown[] | undefined;
  #next = 0;
  #rest: Buffer | undefined;
  #restStart = 0;
  #waiter: PromiseWithResolvers<unknown> | undefined;
  #isWaiterIterating = false;
  #end: { readonly error: (() => Error) | undefined } | undefined;
  #isConsuming = true;
  #isDelivered = false;
  #isAborted = false;

  constructor(connection: C, hooks: InboxHooks<C>, framing: Framing, format: Format) {
    this.#connection = connection;
    this.#hooks = hooks;
    this.#decoder = framing.createDecoder();
    this.#format = format;
    this.#stream = framing.isStream ? format.createStreamDecoder() : undefined;
  }

  /** Bytes of a message that has begun and isn't complete. */
  get incompleteBytes(): number {
    return this.#decoder.buffered;
  }

  /** Whether bytes or messages wait for the handler. */
  get hasBacklog(): boolean {
    return this.#rest !== undefined || this.#hasQueue();
  }

  // A private getter is a call into V8's runtime, even in optimized code.
  #hasQueue(): boolean {
    return this.#queue !== undefined && this.#next < this.#queue.length;
  }

  /**
   * Delivers whole frames from now on.
   * @throws Error after the first message.
   */
  asFrames(): void {
    if (this.#hasMessages) throw new Error('asFrames() must be called before the first message has come');
    this.#isFrames = true;
    this.#stream = undefined;
  }

  /** Delivers to a function instead of to `receive()`, from the next {@link continue} on. */
  consume(consumer: Consumer): void {
    this.#consumer = consumer;
    this.#isConsuming = false;
  }

  /**
   * Takes the bytes of one read, which are copied when they have to wait.
   * @returns whether to go on reading.
   */
  take(bytes: Buffer, length: number): boolean {
    const taken = this.hasBacklog || !this.#mayDeliver() ? 0 : this.#decode(bytes, 0, length);
    if (this.#end) return false;
    if (taken < length) {
      this.#rest = Buffer.from(bytes.subarray(taken, length));
      this.#restStart = 0;
      return false;
    }
    return true;
  }

  /** The consumer takes the next message. */
  continue(): void {
    this.#isConsuming = true;
    this.retry();
  }

  /** Delivers what was held back, as far as it is allowed now. */
  retry(): void {
    this.#decodeRest();
    if (this.#rest === undefined && this.#mayDeliver()) this.#hooks.wantBytes(this.#connection);
    this.#settleEnd();
  }

  /** The peer has ended. */
  endOfBytes(): void {
    const last = this.#endOfStream();
    if (last !== undefined) this.#deliver(last);
    this.finish();
  }

  /** The end, or the error that ends receiving once what has come before is delivered. */
  finish(error?: Error): void {
    this.#end ??= { error: error && (() => error) };
    if (error) this.#rest = undefined;
    this.#settleEnd();
  }

  /** Ends receiving at once. */
  abort(error: () => Error): void {
    this.#end = { error };
    this.#isAborted = true;
    this.#isConsuming = true;
    this.#rest = undefined;
    this.#queue = undefined;
    this.#next = 0;
    this.#settleEnd();
  }

  /** The next message, or null at the end. */
  receive(): Promise<unknown> {
    return this.#pull(false);
  }

  /** The same for async iteration. */
  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.#pull(true) as Promise<IteratorResult<unknown, undefined>>;
  }

  /** Leaving a loop over the messages changes nothing: the rest may be received later. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    return { value: undefined, done: true };
  }

  #pull(isIterating: boolean): Promise<unknown> {
    if (!this.#hasQueue()) {
      this.#hooks.waits(this.#connection);
      if (this.#rest !== undefined) this.#decodeRest();
    }
    if (this.#hasQueue()) {
      const message = this.#shift(this.#queue!);
      return Promise.resolve(isIterating ? { value: message, done: false } : message);
    }
    if (this.#waiter) {
      return handledRejection(new Error('receive() was called before the previous call had its message'));
    }
    const waiter = Promise.withResolvers<unknown>();
    this.#waiter = waiter;
    this.#isWaiterIterating = isIterating;
    if (this.#end) this.#settleEnd();
    else if (this.#rest === undefined) this.#hooks.wantBytes(this.#connection);
    return waiter.promise;
  }

  #shift(queue: unknown[]): unknown {
    const message = queue[this.#next];
    queue[this.#next++] = undefined;
    if (this.#next === queue.length) {
      queue.length = 0;
      this.#next = 0;
    }
    return message;
  }

  #mayDeliver(): boolean {
    return this.#isConsuming && !this.#isAborted && !this.#hooks.isHeldBack(this.#connection);
  }

  #decodeRest(): void {
    const rest = this.#rest;
    if (!rest || !this.#mayDeliver()) return;
    this.#restStart = this.#decode(rest, this.#restStart, rest.length);
    if (this.#restStart === rest.length) this.#rest = undefined;
  }

  #decode(bytes: Buffer, start: number, end: number): number {
    try {
      this.#format.begin?.(bytes, end);
      return this.#decoder.decode(bytes, start, end, this.#emit);
    } catch (error) {
      this.#hooks.failed(this.#connection, error);
      return end;
    }
  }

  readonly #emit = (
    bytes: Buffer,
    start: number,
    end: number,
    frameStart: number,
    frameEnd: number,
  ): boolean => {
    this.#hasMessages = true;
    this.#hooks.messageRead(this.#connection);
    if (this.#isFrames) return this.#deliver(copyFrame(bytes, start, end, frameStart, frameEnd));
    if (!this.#stream) return this.#deliver(this.#format.decode(bytes, start, end));
    const message = this.#stream.decode(bytes, start, end);
    return message === undefined ? this.#mayDeliver() : this.#deliver(message);
  };

  /** What is left of a stream that may have been cut within a character. */
  #endOfStream(): unknown {
    try {
      return this.#stream?.end();
    } catch (error) {
      this.#hooks.failed(this.#connection, error);
      return undefined;
    }
  }

  /** @returns false to hold back the next message. */
  #deliver(message: unknown): boolean {
    if (this.#consumer) {
      this.#isConsuming = this.#consumer(message);
    } else if (this.#waiter) {
      const { resolve } = this.#waiter;
      this.#waiter = undefined;
      resolve(this.#isWaiterIterating ? { value: message, done: false } : message);
    } else {
      this.#queue ??= [];
      this.#queue.push(message);
      if (this.#queue.length - this.#next >= MAX_UNDELIVERED) return false;
    }
    return this.#mayDeliver();
  }

  #settleEnd(): void {
    if (!this.#end || this.hasBacklog || !this.#isConsuming) return;
    const { error } = this.#end;
    if (this.#waiter) {
      const { promise, resolve, reject } = this.#waiter;
      this.#waiter = undefined;
      if (error) {
        // A handler may leave the promise alone; that must not count as an unhandled rejection.
        promise.catch(ignore);
        reject(error());
      } else resolve(this.#isWaiterIterating ? { value: undefined, done: true } : null);
    }
    if (this.#isDelivered) return;
    this.#isDelivered = true;
    this.#hooks.delivered(this.#connection);
  }
}

function copyFrame(bytes: Buffer, start: number, end: number, frameStart: number, frameEnd: number): Frame {
  const copy = Buffer.from(bytes.subarray(frameStart, frameEnd));
  const isWhole = start === frameStart && end === frameEnd;
  return { bytes: copy, message: isWhole ? copy : copy.subarray(start - frameStart, end - frameStart) };
}

function ignore(): void {}
