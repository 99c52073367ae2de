/** What `send` returns when there is nothing to wait for: one promise for all, so that it can be told from others. */
export const SENT: Promise<void> = Promise.resolve();
