import type { CloseReason } from '../shared/close-reason.ts';
import type { Handler, HandlerCallbacks, HandlerFunction } from '../shared/handler.ts';
import type { SocketConnection } from './connection.ts';

/** A handler's life on one connection. */
export interface Service {
  /** Tells the handler that its time is limited. */
  drain(): void;
  /** Tells it that the connection has ended. */
  closed(reason: CloseReason): void;
  /** Resolves when the handler has finished; never rejects. */
  readonly finished: Promise<void>;
}

type Failed = (error: unknown) => void;

/**
 * Runs a handler on a connection: its errors end the connection with `handler-error`, and nothing else.
 * @param onError is told of what the handler throws when its connection has ended already, of another cause.
 */
export function serve(connection: SocketConnection, handler: Handler, onError: Failed): Service {
  const failed = (error: unknown): void => {
    if (connection.isOwnEnd(error)) {
      connection.finish();
      return;
    }
    if (!connection.fail('handler-error', { error })) onError(error);
  };
  return typeof handler === 'function'
    ? serveFunction(connection, handler, failed)
    : serveCallbacks(connection, handler, failed);
}

function serveFunction(connection: SocketConnection, handler: HandlerFunction, failed: Failed): Service {
  return { drain: () => connection.drain(), closed: () => {}, finished: run() };

  async function run(): Promise<void> {
    try {
      await handler(connection);
      connection.finish();
    } catch (error) {
      failed(error);
    }
  }
}

function serveCallbacks(connection: SocketConnection, handler: HandlerCallbacks, failed: Failed): Service {
  const finished = Promise.withResolvers<void>();
  const goOn = (): void => connection.continue();

  connection.consume(
    (message) => call(() => handler.message?.(connection, message), goOn),
    () => connection.finish(),
  );
  if (call(() => handler.open?.(connection), goOn)) goOn();
  return {
    finished: finished.promise,
    drain() {
      connection.drain();
      call(() => handler.drain?.(connection));
    },
    closed: (reason) => void close(reason).then(finished.resolve),
  };

  async function close(reason: CloseReason): Promise<void> {
    try {
      await handler.close?.(connection, reason);
    } catch (error) {
      failed(error);
    }
  }

  /**
   * @param then called when the callback's promise is fulfilled; not at all when the callback is done at once.
   * @returns whether the callback is done.
   */
  function call(callback: () => unknown, then?: () => void): boolean {
    try {
      const called = callback();
      if (!isPromise(called)) return true;
      called.then(then, failed);
    } catch (error) {
      failed(error);
    }
    return false;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
