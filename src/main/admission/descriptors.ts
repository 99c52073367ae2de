/**
 * How many file descriptors the process has left. Node accepts and silently closes when there are none, so clients must
 * be refused before. Known on Linux only, from /proc; elsewhere the count is unlimited.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds for which a count is good enough, as long as what was accepted since is added. */
const RECOUNT_MS = 250;

export class Descriptors {
  readonly #limit = readLimit();
  #used = 0;
  #countedAt = -Infinity;

  /** @param now milliseconds on any steady clock. */
  left(now: number): number {
    if (this.#limit === Infinity) return Infinity;
    if (now - this.#countedAt >= RECOUNT_MS) {
      this.#used = readdirSync('/proc/self/fd').length;
      this.#countedAt = now;
    }
    return this.#limit - this.#used;
  }

  /** One more is used. */
  add(): void {
    this.#used++;
  }
}

function readLimit(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf-8'))?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}
