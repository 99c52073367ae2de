/** The rule by which an elastic pool grows and shrinks. */
import type { ElasticThreads } from './pool-policy.ts';

/** What elasticity looks at of a thread. */
export interface ElasticThread {
  readonly connections: number;
  /** Since when it has had no connection, in milliseconds. */
  readonly idleSince: number;
  /** Share of the last sample for which its event loop was busy. */
  readonly utilization: number;
}

/** A thread busier than this is busy. */
const BUSY = 0.7;

/** Milliseconds between samples. */
export const SAMPLE_MS = 250;

/**
 * It grows by one thread a sample while every thread is busy (its event loop was at work
 * for 70 % of the sample), up to `max`; a thread that has had no connection for `idleTimeout` retires, one a sample,
 * down to `min`.
 * @returns whether to grow, and the thread to retire.
 */
export function adjust<T extends ElasticThread>(
  threads: readonly T[],
  { min, max, idleTimeout }: ElasticThreads,
  now: number,
): { grow: boolean; retire: T | undefined } {
  const isAllBusy = threads.every(({ utilization }) => utilization >= BUSY);
  if (isAllBusy) return { grow: threads.length < max, retire: undefined };
  const isIdle = ({ connections, idleSince }: T): boolean =>
    connections === 0 && now - idleSince >= idleTimeout;
  return { grow: false, retire: threads.length > min ? threads.findLast(isIdle) : undefined };
}
