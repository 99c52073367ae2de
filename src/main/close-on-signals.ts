/** Closing at signals, for `listen()` and for the command. */
import { constants } from 'node:os';

/** What a signal closes. */
export interface Closing {
  close(options?: { readonly timeout: number }): Promise<unknown>;
  /** It is closed, and nothing listens to the signals any more. */
  closed(): void;
  /** @param error why closing failed. */
  failed(error: unknown): void;
}

/** A terminal sends SIGINT to npm and to its child, and npm passes its own on: within this time the two are one. */
const SAME_SIGNAL_MS = 300;
/** How long a second signal waits for the threads to end. */
const GRACE_MS = 500;

/**
 * Lets the first of these signals close, and a second one end the process at once.
 * @returns stops listening to them.
 */
export function closeOnSignals(signals: readonly NodeJS.Signals[], closing: Closing): () => void {
  let first: { signal: NodeJS.Signals; at: number } | undefined;
  let isEnding = false;
  const obey = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = { signal, at: performance.now() };
      void close();
    } else if (!isEnding && (signal !== first.signal || performance.now() - first.at > SAME_SIGNAL_MS)) {
      isEnding = true;
      void end(signal);
    }
  };
  // What is no longer listened to ends the process, whatever it is doing.
  const forget = (): void => {
    for (const signal of signals) process.off(signal, obey);
  };
  for (const signal of signals) process.on(signal, obey);
  return forget;

  async function close(): Promise<void> {
    const [outcome] = await Promise.allSettled([closing.close()]);
    if (isEnding) return;
    forget();
    if (outcome.status === 'fulfilled') closing.closed();
    else closing.failed(outcome.reason);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const isClosed = await isClosedAtOnce(closing);
    forget();
    // Exiting waits for all threads, and one seems to be blocked in a system call: it dies of the signal.
    if (!isClosed) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
    // Also where the system spares a process its own signals: the first one of a container.
    process.exit(128 + constants.signals[signal]);
  }
}

async function isClosedAtOnce(closing: Closing): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  setTimeout(() => late.resolve(false), GRACE_MS);
  const closed = closing.close({ timeout: 0 }).then(
    () => true,
    () => false,
  );
  return Promise.race([closed, late.promise]);
}
