import type { CloseReason } from '../base/close-reason.ts';
import type { Handler, HandlerCallbacks, HandlerFunction } from '../connection/handler.ts';
import type { LiveConnection } from '../connection/connection.ts';
import { SENT } from '../connection/promises.ts';

/** A handler's life on one connection. */
export interface Service {
  /** Tells the handler that its time is limited. */
  drain(): void;
  /** Tells it that the connection has ended. */
  closed(reason: CloseReason): void;
}

/** What a service tells; one listener serves a whole thread. */
export interface ServiceListener {
  /** The handler threw when its connection had ended already, of another cause. */
  failed(connection: LiveConnection, error: unknown): void;
  /** The handler has finished, in whatever way; comes once. */
  finished(): void;
}

/** Runs a handler on a connection: its errors end the connection with `handler-error`, and nothing else. */
export function serve(connection: LiveConnection, handler: Handler, listener: ServiceListener): Service {
  return typeof handler === 'function'
    ? new FunctionService(connection, handler, listener)
    : new CallbackService(connection, handler, listener);
}

class FunctionService implements Service {
  readonly #connection: LiveConnection;

  constructor(connection: LiveConnection, handler: HandlerFunction, listener: ServiceListener) {
    this.#connection = connection;
    void this.#run(handler, listener);
  }

  drain(): void {
    this.#connection.abortSignal();
  }

  closed(): void {}

  async #run(handler: HandlerFunction, listener: ServiceListener): Promise<void> {
    try {
      await handler(this.#connection);
      this.#connection.finish();
    } catch (error) {
      failed(this.#connection, error, listener);
    }
    listener.finished();
  }
}

class CallbackService implements Service {
  readonly #connection: LiveConnection;
  readonly #handler: HandlerCallbacks;
  readonly #listener: ServiceListener;

  constructor(connection: LiveConnection, handler: HandlerCallbacks, listener: ServiceListener) {
    this.#connection = connection;
    this.#handler = handler;
    this.#listener = listener;
    connection.consume(
      (message) => this.#isDone(() => handler.message?.(connection, message), this.#goOn),
      () => connection.finish(),
    );
    if (this.#isDone(() => handler.open?.(connection), this.#goOn)) this.#goOn();
  }

  drain(): void {
    this.#connection.abortSignal();
    this.#isDone(() => this.#handler.drain?.(this.#connection));
  }

  closed(reason: CloseReason): void {
    void this.#close(reason);
  }

  readonly #goOn = (): void => this.#connection.continue();

  readonly #failed = (error: unknown): void => failed(this.#connection, error, this.#listener);

  async #close(reason: CloseReason): Promise<void> {
    try {
      await this.#handler.close?.(this.#connection, reason);
    } catch (error) {
      this.#failed(error);
    }
    this.#listener.finished();
  }

  /**
   * Calls back.
   * @param then called when the callback's promise is fulfilled; not at all when the callback is done at once.
   * @returns whether the callback is done.
   */
  #isDone(callback: () => unknown, then?: () => void): boolean {
    try {
      const called = callback();
      if (called === SENT || !isPromise(called)) return true;
      called.then(then, this.#failed);
    } catch (error) {
      this.#failed(error);
    }
    return false;
  }
}

function failed(connection: LiveConnection, error: unknown, listener: ServiceListener): void {
  if (connection.isOwnEnd(error)) connection.finish();
  else if (!connection.fail('handler-error', { error })) listener.failed(connection, error);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
