/** How many threads to have and how they are used, by the `threads` and `maxThreads` options. */
/** The `threads` option. */
export type ThreadsOption = number | 'per-connection' | ElasticThreads;

/** A pool that grows and shrinks. */
export interface ElasticThreads {
  readonly min: number;
  readonly max: number;
  /** Milliseconds without a connection after which a thread more than `min` retires. */
  readonly idleTimeout: number;
}

/** What a pool's size depends on. */
interface PoolLoad {
  /** Threads with at least one connection. */
  readonly busy: number;
  /** Clients that wait for a thread. */
  readonly waiting: number;
  /** What an elastic pool has grown to. */
  readonly grown: number;
}

/** How many threads to have, and how they are used. */
export interface PoolPolicy {
  /** Threads to start before the server listens. */
  readonly initial: number;
  /** Most threads that serve at once. */
  readonly max: number;
  /** Connections a thread may have at once. */
  readonly capacity: number;
  /** Whether a thread ends with its connection. */
  readonly oneShot: boolean;
  readonly elastic: ElasticThreads | undefined;
  wanted(load: PoolLoad): number;
}

/** Threads kept warm beside those with a client, with `threads: 'per-connection'`. */
const SPARES = 1;

/** The policy for the `threads` and `maxThreads` options. */
export function poolPolicy(threads: ThreadsOption, maxThreads: number): PoolPolicy {
  if (threads === 'per-connection') {
    return {
      initial: Math.min(SPARES, maxThreads),
      max: maxThreads,
      capacity: 1,
      oneShot: true,
      elastic: undefined,
      wanted: ({ busy, waiting }) => Math.min(maxThreads, busy + Math.max(waiting, SPARES)),
    };
  }
  const elastic = typeof threads === 'number' ? undefined : threads;
  const { min, max } = elastic ?? { min: threads as number, max: threads as number };
  return {
    initial: min,
    max,
    capacity: Infinity,
    oneShot: false,
    elastic,
    wanted: ({ grown }) => Math.min(max, Math.max(min, grown)),
  };
}
