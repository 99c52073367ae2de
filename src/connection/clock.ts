/** The clock by which a thread looks at its connections. */
import type { ConnectionLimits } from '../options/connection-options.ts';

const LONGEST_MS = 250;
const SHORTEST_MS = 10;

/**
 * Calls `tick` with the time every `interval` milliseconds. A late tick follows a time in which the thread was
 * blocked: bytes that came meanwhile haven't been read yet, and nobody shall be found idle for that.
 */
export function startClock(interval: number, tick: (now: number, isLate: boolean) => void): NodeJS.Timeout {
  let last = performance.now();
  return setInterval(() => {
    const now = performance.now();
    const isLate = now - last > 2 * interval;
    last = now;
    tick(now, isLate);
  }, interval);
}

/**
 * Milliseconds between ticks: a quarter of the shortest time that has to be kept, within bounds.
 * @param stallTimeout milliseconds of silence after which the thread counts as stalled; 0 for never.
 */
export function tickInterval(limits: ConnectionLimits, stallTimeout: number): number {
  const { idleTimeout, messageTimeout, writeTimeout, maxLifetime } = limits;
  const times = [stallTimeout, idleTimeout, messageTimeout, writeTimeout, maxLifetime];
  const shortest = Math.min(...times.filter((time) => time > 0));
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.floor(shortest / 4)));
}
