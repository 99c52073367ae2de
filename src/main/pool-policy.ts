/** What a pool's size depends on. */
export interface PoolLoad {
  /** Threads with at least one connection. */
  readonly busy: number;
  /** Clients that wait for a thread. */
  readonly waiting: number;
}

/** How many threads to have, and how they are used. */
export interface PoolPolicy {
  /** Threads to start before the server listens. */
  readonly initial: number;
  /** Connections a thread may have at once. */
  readonly capacity: number;
  /** Whether a thread ends with its connection. */
  readonly oneShot: boolean;
  wanted(load: PoolLoad): number;
}

/** Threads kept warm beside those with a client, with `threads: 'per-connection'`. */
const SPARES = 1;

/** The policy for the `threads` and `maxThreads` options. */
export function poolPolicy(threads: number | 'per-connection', maxThreads: number): PoolPolicy {
  if (threads === 'per-connection') {
    return {
      initial: Math.min(SPARES, maxThreads),
      capacity: 1,
      oneShot: true,
      wanted: ({ busy, waiting }) => Math.min(maxThreads, busy + Math.max(waiting, SPARES)),
    };
  }
  return { initial: threads, capacity: Infinity, oneShot: false, wanted: () => threads };
}
