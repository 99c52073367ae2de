/**
 * A rejected promise that its receiver may leave alone: that a connection has ended is no fault of its handler, and
 * must not end the thread as an unhandled rejection.
 */
export function handledRejection(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}
