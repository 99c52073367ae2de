/**
 * When to replace a crashed thread: the first at once, each further one within the window after twice the time
 * of the one before, from 100 ms up to 5 s, less up to a half at random; none once there were too many.
 */

/** How often threads may crash, and how soon they are replaced. */
export interface RestartLimits {
  /** Crashes within `crashWindow` after which no thread is started any more. */
  readonly maxCrashes: number;
  /** Milliseconds after which a crash is forgotten. */
  readonly crashWindow: number;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;

export class RestartPolicy {
  readonly #limits: RestartLimits;
  #crashes: number[] = [];

  constructor(limits: RestartLimits) {
    this.#limits = limits;
  }

  /**
   * Notes a crash.
   * @param now milliseconds on any steady clock.
   * @returns milliseconds until a replacement may start, or undefined for never.
   */
  crashed(now: number, random = Math.random): number | undefined {
    const { maxCrashes, crashWindow } = this.#limits;
    this.#crashes = [...this.#crashes.filter((at) => now - at < crashWindow), now];
    const count = this.#crashes.length;
    if (count >= maxCrashes) return undefined;
    if (count === 1) return 0;
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (count - 2), LONGEST_DELAY_MS);
    return delay * (1 - random() / 2);
  }
}
