/** From messages to the handler. */
import { handled, handledRejection } from './promises.ts';

/** Messages that may wait for a handler that is behind. */
export const MAX_UNDELIVERED = 256;

/** Takes messages as they come. Returns false to hold back the next. */
export type Consumer = (message: unknown) => boolean;

/** What a mailbox asks of the connection that owns it. */
export interface MailboxOwner {
  /** The handler has taken everything, and waits for more. */
  messageWanted(): void;
  /** Every message that came before the end was delivered. */
  delivered(): void;
}

/** Messages on their way to the handler: a queue, who waits for the next, and what comes behind the last. It is its own iterator. */
export class Mailbox implements AsyncIterator<unknown, undefined> {
  readonly #owner: MailboxOwner;
  #consumer: Consumer | undefined;
  #queue: unknown[] | undefined;
  #next = 0;
  #waiter: PromiseWithResolvers<unknown> | undefined;
  #isWaiterIterating = false;
  #end: { readonly error: (() => Error) | undefined } | undefined;
  #isTaking = true;
  #isDelivered = false;

  constructor(owner: MailboxOwner) {
    this.#owner = owner;
  }

  /** Whether messages wait for the handler. */
  get isBehind(): boolean {
    return this.#hasQueue();
  }

  /** Whether the handler has nothing else to do than to take the next message. */
  get isWaiting(): boolean {
    if (this.#end !== undefined) return false;
    return this.#consumer === undefined ? this.#waiter !== undefined : this.#isTaking;
  }

  /** Whether a message may be put in: a consumer may hold it back. */
  get isTaking(): boolean {
    return this.#isTaking;
  }

  /** Whether nothing can be put in any more. */
  get hasEnd(): boolean {
    return this.#end !== undefined;
  }

  /** Delivers to a function instead of to `receive()`, from the next {@link takeOn} on. */
  consume(consumer: Consumer): void {
    this.#consumer = consumer;
    this.#isTaking = false;
  }

  /** The consumer takes the next message. */
  takeOn(): void {
    this.#isTaking = true;
  }

  /** @returns false to hold back the next message. */
  put(message: unknown): boolean {
    if (this.#consumer) {
      this.#isTaking = this.#consumer(message);
      return this.#isTaking;
    }
    if (this.#waiter) {
      const { resolve } = this.#waiter;
      this.#waiter = undefined;
      resolve(this.#isWaiterIterating ? { value: message, done: false } : message);
      return true;
    }
    this.#queue ??= [];
    this.#queue.push(message);
    return this.#queue.length - this.#next < MAX_UNDELIVERED;
  }

  /** Behind what was put in comes the end, or the error that ends receiving. */
  finish(error?: Error): void {
    this.#end ??= { error: error && (() => error) };
    this.settle();
  }

  /** Ends receiving at once; what waits is dropped. */
  abort(error: () => Error): void {
    this.#end = { error };
    this.#isTaking = true;
    this.#queue = undefined;
    this.#next = 0;
    this.settle();
  }

  /** Tells the handler of the end, once all before it was delivered. */
  settle(): void {
    if (!this.#end || this.#hasQueue() || !this.#isTaking) return;
    const { error } = this.#end;
    if (this.#waiter) {
      const { promise, resolve, reject } = this.#waiter;
      this.#waiter = undefined;
      if (error) {
        void handled(promise);
        reject(error());
      } else resolve(this.#isWaiterIterating ? { value: undefined, done: true } : undefined);
    }
    if (this.#isDelivered) return;
    this.#isDelivered = true;
    this.#owner.delivered();
  }

  /** The next message; undefined, which no message can be, at the end. */
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
    if (this.#end) this.settle();
    else this.#owner.messageWanted();
    return waiter.promise;
  }

  // A private getter is a call into V8's runtime, even in optimized code.
  #hasQueue(): boolean {
    return this.#queue !== undefined && this.#next < this.#queue.length;
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
}
