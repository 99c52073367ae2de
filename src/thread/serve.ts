/** Runs a handler, of either form, on a connection. */
import type { CloseReason } from '../base/close-reason.ts';
import type { MessageError } from '../base/errors.ts';
import { isEnd } from '../connection/blame.ts';
import type { Handler, HandlerCallbacks, HandlerFunction } from '../connection/handler.ts';
import type { LiveConnection } from '../connection/connection.ts';
import { SENT } from '../connection/promises.ts';

/** A handler's life on one connection. */
export interface Service {
  /**
   * Tells the handler that its time is limited.
   * @param endsWait whether its wait for messages ends, too, unless it says goodbye by itself.
   */
  drain(endsWait: boolean): void;
  /** Tells it that the connection has ended. */
  closed(reason: CloseReason): void;
}

/**
 * Runs a handler on a connection: its errors end the connection with `handler-error`, and nothing else. That a connection
 * has ended is no error of it: not its own, nor that of another client to whom it had something to say.
 * @param finished called once, when the handler has finished, in whatever way.
 */
export function serve(connection: LiveConnection, handler: Handler, finished: () => void): Service {
  return typeof handler === 'function'
    ? new FunctionService(connection, handler, finished)
    : new CallbackService(connection, handler, finished);
}

class FunctionService implements Service {
  readonly #connection: LiveConnection;

  constructor(connection: LiveConnection, handler: HandlerFunction, finished: () => void) {
    this.#connection = connection;
    void this.#run(handler, finished);
  }

  drain(endsWait: boolean): void {
    this.#connection.abortSignal();
    if (endsWait) this.#connection.endWait();
  }

  closed(): void {}

  async #run(handler: HandlerFunction, finished: () => void): Promise<void> {
    try {
      await handler(this.#connection);
      this.#connection.finish();
    } catch (error) {
      if (isEnd(error, 'served')) this.#connection.finish();
      else this.#connection.handlerFailed(error);
    }
    finished();
  }
}

class CallbackService implements Service {
  readonly #connection: LiveConnection;
  readonly #handler: HandlerCallbacks;
  readonly #finished: () => void;
  #saysGoodbye = false;

  constructor(connection: LiveConnection, handler: HandlerCallbacks, finished: () => void) {
    this.#connection = connection;
    this.#handler = handler;
    this.#finished = finished;
    connection.consume(
      (message) => this.#isDone(() => handler.message?.(connection, message), this.#goOn, this.#goOnAfter),
      (error) => this.#delivered(error),
    );
    this.#whenDone(() => handler.open?.(connection), this.#goOn);
  }

  drain(endsWait: boolean): void {
    this.#connection.abortSignal();
    if (!this.#handler.drain) {
      if (endsWait) this.#connection.endWait();
    } else if (!this.#saysGoodbye) {
      this.#saysGoodbye = true;
      this.#whenDone(() => this.#handler.drain?.(this.#connection), nothing);
    }
  }

  closed(reason: CloseReason): void {
    void this.#close(reason);
  }

  readonly #goOn = (): void => this.#connection.continue();

  readonly #goOnAfter = (error: unknown): void => {
    if (this.#isNoFault(error)) this.#goOn();
  };

  /** @param error what was wrong with the peer's bytes, where that is why no more messages come. */
  #delivered(error: MessageError | undefined): void {
    const finish = (): void => this.#connection.finish();
    if (error === undefined) finish();
    else this.#whenDone(() => this.#handler.error?.(this.#connection, error), finish);
  }

  async #close(reason: CloseReason): Promise<void> {
    try {
      await this.#handler.close?.(this.#connection, reason);
    } catch (error) {
      this.#isNoFault(error);
    }
    this.#finished();
  }

  /** Calls back and goes on with `then`, unless the callback fails. */
  #whenDone(callback: () => unknown, then: () => void): void {
    const failed = (error: unknown): void => {
      if (this.#isNoFault(error)) then();
    };
    if (this.#isDone(callback, then, failed)) then();
  }

  /**
   * Calls back.
   * @param then called when the callback's promise is fulfilled; not at all when the callback is done at once.
   * @param failed the same when it is rejected.
   * @returns whether the callback is done.
   */
  #isDone(callback: () => unknown, then: () => void, failed: (error: unknown) => void): boolean {
    try {
      const called = callback();
      if (called === SENT || !isPromise(called)) return true;
      called.then(then, failed);
      return false;
    } catch (error) {
      return this.#isNoFault(error);
    }
  }

  /** Otherwise the connection ends. */
  #isNoFault(error: unknown): boolean {
    const isNone = isEnd(error, 'served');
    if (!isNone) this.#connection.handlerFailed(error);
    return isNone;
  }
}

function nothing(): void {}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
