import type { Endpoint } from '../base/endpoint.ts';

/** What a balancer sees of a thread. */
export interface BalancedThread {
  /** Unique in its server. */
  readonly id: number;
  /** Connections it has now. */
  readonly connections: number;
  /** Whether it can take one at this moment; chosen without, the client waits for it. */
  readonly hasRoom: boolean;
}

/**
 * Chooses the thread of a new connection.
 * @param threads those that take connections; at least one has room.
 * @returns one of them.
 */
export type Balancer = (threads: readonly BalancedThread[], peer: Endpoint) => BalancedThread;

/** The built-in balancers. */
export type BalancerName = 'least-connections' | 'round-robin' | 'source-address';
