/** Bounds how long draining threads may take: past the deadline their connections end, and soon they themselves. */
import type { ThreadHandle } from './thread-handle.ts';

/** Once the deadline is past: milliseconds threads have to end their connections and tear down. */
const KILL_GRACE_MS = 1000;

export class DrainDeadline {
  readonly #threads: Set<ThreadHandle>;
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout milliseconds; 0 for at once, Infinity for never. */
  constructor(threads: Iterable<ThreadHandle>, timeout: number) {
    this.#threads = new Set(threads);
    if (timeout === Infinity) return;
    if (timeout > 0) this.#timer = setTimeout(() => this.#pass(), timeout);
    else this.#pass();
  }

  /**
   * A thread is gone.
   * @returns whether it was the last.
   */
  forget(thread: ThreadHandle): boolean {
    this.#threads.delete(thread);
    if (this.#threads.size > 0) return false;
    this.cancel();
    return true;
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #pass(): void {
    for (const thread of this.#threads) thread.endConnections();
    this.#timer = setTimeout(() => {
      for (const thread of this.#threads) void thread.terminate();
    }, KILL_GRACE_MS);
  }
}
