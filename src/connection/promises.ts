/** Promises that a handler may leave alone. */

/** What `send` returns when there is nothing to wait for: one promise for all, so that it can be told from others. */
export const SENT: Promise<void> = Promise.resolve();

/**
 * A rejected promise that its receiver may leave alone: that a connection has ended is no fault of its handler, and
 * must not end the thread as an unhandled rejection.
 */
export function handledRejection(error: Error): Promise<never> {
  return handled(Promise.reject(error));
}

/** The same for a promise that may be rejected later. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

function ignore(): void {}
