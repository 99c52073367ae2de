import type { Decoder } from '../framing/framing.ts';
import { handledRejection } from './handled-rejection.ts';

/**
 * Messages that may wait for a handler that is behind. Beside them an inbox holds at most the rest of one
 * read (64 KiB) and what the decoder holds of one incomplete message.
 */
export const MAX_UNDELIVERED = 256;

/** Makes a message of a frame; undefined when it only completes with a later one. */
export type Convert<M> = (
  bytes: Buffer,
  start: number,
  end: number,
  frameStart: number,
  frameEnd: number,
) => M | undefined;

/** Takes messages as they come. Returns false to hold back the next. */
export type Consumer<M> = (message: M) => boolean;

interface Waiter<M> {
  readonly resolve: (taken: never) => void;
  readonly reject: (error: Error) => void;
  readonly isIterating: boolean;
  readonly type?: M;
}

/** What an inbox asks of its connection. */
export interface InboxEvents {
  /** Reading may go on. */
  wantBytes(): void;
  /** Every message that came before the client's end was delivered. */
  delivered(): void;
  /** The decoder or the format can't make a message of the bytes; {@link Inbox.finish} follows. */
  failed(error: unknown): void;
}

/** Turns the bytes of reads into messages and keeps them until the handler takes them, a bounded number at a time. */
export class Inbox<M> {
  readonly #decoder: Decoder;
  readonly #events: InboxEvents;
  readonly #convert: Convert<M>;
  readonly #isHeldBack: () => boolean;
  #consumer: Consumer<M> | undefined;
  #queue: M[] = [];
  #next = 0;
  #rest: Buffer | undefined;
  #restStart = 0;
  #waiter: Waiter<M> | undefined;
  #end: { readonly error: Error | undefined } | undefined;
  #isConsuming = true;
  #isDelivered = false;
  #isAborted = false;

  /** @param isHeldBack whether the connection allows no further message for now; {@link continue} follows. */
  constructor(decoder: Decoder, convert: Convert<M>, isHeldBack: () => boolean, events: InboxEvents) {
    this.#decoder = decoder;
    this.#convert = convert;
    this.#isHeldBack = isHeldBack;
    this.#events = events;
  }

  /** Bytes of a message that has begun and isn't complete. */
  get incompleteBytes(): number {
    return this.#decoder.buffered;
  }

  /** Whether bytes or messages wait for the handler. */
  get hasBacklog(): boolean {
    return this.#rest !== undefined || this.#next < this.#queue.length;
  }

  /** Delivers to a function instead of to `receive()`, from the next {@link continue} on. */
  consume(consumer: Consumer<M>): void {
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
    if (this.#rest === undefined && this.#mayDeliver()) this.#events.wantBytes();
    this.#settleEnd();
  }

  /** The client's end, or the error that ends receiving once what has come before is delivered. */
  finish(error?: Error): void {
    this.#end ??= { error };
    if (error) this.#rest = undefined;
    this.#settleEnd();
  }

  /** Ends receiving at once. */
  abort(error: Error): void {
    this.#end = { error };
    this.#isAborted = true;
    this.#isConsuming = true;
    this.#rest = undefined;
    this.#queue = [];
    this.#next = 0;
    this.#settleEnd();
  }

  /** The next message, or null at the end. */
  receive(): Promise<M | null> {
    return this.#pull(false) as Promise<M | null>;
  }

  /** The same for async iteration. */
  next(): Promise<IteratorResult<M, undefined>> {
    return this.#pull(true) as Promise<IteratorResult<M, undefined>>;
  }

  #pull(isIterating: boolean): Promise<unknown> {
    if (this.#next >= this.#queue.length && this.#rest !== undefined) this.#decodeRest();
    if (this.#next < this.#queue.length) {
      const message = this.#shift();
      return Promise.resolve(isIterating ? { value: message, done: false } : message);
    }
    if (this.#waiter)
      return handledRejection(new Error('receive() was called before the previous call had its message'));
    const pulled = new Promise<never>((resolve, reject) => {
      this.#waiter = { resolve, reject, isIterating };
    });
    // A handler may leave the promise alone; that must not count as an unhandled rejection.
    pulled.catch(() => {});
    if (this.#end) this.#settleEnd();
    else if (this.#rest === undefined) this.#events.wantBytes();
    return pulled;
  }

  #shift(): M {
    const message = this.#queue[this.#next]!;
    this.#queue[this.#next++] = undefined as M;
    if (this.#next === this.#queue.length) {
      this.#queue.length = 0;
      this.#next = 0;
    }
    return message;
  }

  #mayDeliver(): boolean {
    return this.#isConsuming && !this.#isAborted && !this.#isHeldBack();
  }

  #decodeRest(): void {
    const rest = this.#rest;
    if (!rest || !this.#mayDeliver()) return;
    this.#restStart = this.#decode(rest, this.#restStart, rest.length);
    if (this.#restStart === rest.length) this.#rest = undefined;
  }

  #decode(bytes: Buffer, start: number, end: number): number {
    try {
      return this.#decoder.decode(bytes, start, end, this.#emit);
    } catch (error) {
      this.#events.failed(error);
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
    const message = this.#convert(bytes, start, end, frameStart, frameEnd);
    return message === undefined ? this.#mayDeliver() : this.add(message);
  };

  /** Delivers a message, or keeps it. Returns false to hold back the next. */
  add(message: M): boolean {
    if (this.#consumer) {
      this.#isConsuming = this.#consumer(message);
    } else if (this.#waiter) {
      const { resolve, isIterating } = this.#waiter;
      this.#waiter = undefined;
      resolve((isIterating ? { value: message, done: false } : message) as never);
    } else {
      this.#queue.push(message);
      if (this.#queue.length - this.#next >= MAX_UNDELIVERED) return false;
    }
    return this.#mayDeliver();
  }

  #settleEnd(): void {
    if (!this.#end || this.hasBacklog || !this.#isConsuming) return;
    const { error } = this.#end;
    if (this.#waiter) {
      const { resolve, reject, isIterating } = this.#waiter;
      this.#waiter = undefined;
      if (error) reject(error);
      else resolve((isIterating ? { value: undefined, done: true } : null) as never);
    }
    if (this.#isDelivered) return;
    this.#isDelivered = true;
    this.#events.delivered();
  }
}
