import { constants } from 'node:os';

/** A terminal sends SIGINT to npm and to its child, and npm passes its own on: within this time the two are one. */
const SAME_SIGNAL_MS = 300;

/**
 * Lets the first SIGINT or SIGTERM close what runs and exit 0, and a second one exit at once.
 * @param failed is told why closing failed.
 */
export function closeOnSignals(close: () => Promise<void>, failed: (error: unknown) => void): void {
  let first: { signal: NodeJS.Signals; at: number } | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (first === undefined) {
        first = { signal, at: performance.now() };
        close().then(() => process.exit(0), failed);
      } else if (signal !== first.signal || performance.now() - first.at > SAME_SIGNAL_MS) {
        process.exit(128 + constants.signals[signal]);
      }
    });
  }
}
