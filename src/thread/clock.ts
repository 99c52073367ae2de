import type { ConnectionLimits } from '../shared/protocol.ts';

const LONGEST_MS = 250;
const SHORTEST_MS = 10;

/** Coarse time for deadlines: milliseconds, set once a tick, free to read. */
export const clock = { now: performance.now() };

/**
 * Sets the clock every `interval` milliseconds and then calls `tick`, except after the thread was blocked: bytes that came
 * meanwhile haven't been read yet, and nobody shall be found idle for that.
 */
export function startClock(interval: number, tick: (now: number) => void): NodeJS.Timeout {
  return setInterval(() => {
    const now = performance.now();
    const isLate = now - clock.now > 2 * interval;
    clock.now = now;
    if (!isLate) tick(now);
  }, interval);
}

/** Milliseconds between looks at the deadlines: a quarter of the shortest one, within bounds. */
export function tickInterval({
  idleTimeout,
  messageTimeout,
  writeTimeout,
  maxLifetime,
}: ConnectionLimits): number {
  const shortest = Math.min(
    ...[idleTimeout, messageTimeout, writeTimeout, maxLifetime].filter((limit) => limit > 0),
  );
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.floor(shortest / 4)));
}
