/** A rate with room for bursts. */
export interface Rate {
  /** So many a second in the long run. */
  readonly perSecond: number;
  /** So many at once after a pause. Default: `perSecond`, at least 1. */
  readonly burst?: number | undefined;
}

/** Fills with a token a so-manieth of a second, up to a burst. Times are milliseconds on any steady clock. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor({ perSecond, burst = Math.max(1, perSecond) }: Rate, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** Whether there was a token at the last look. */
  get hasToken(): boolean {
    return this.#tokens >= 1;
  }

  /** Takes a token, if there is one. */
  take(now: number): boolean {
    if (this.wait(now) > 0) return false;
    this.#tokens--;
    return true;
  }

  /** Takes so many, whether they are there or not: what is missing is waited for. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }

  /** Milliseconds until there is a token; 0 when there is one. */
  wait(now: number): number {
    const seconds = (now - this.#filledAt) / 1000;
    this.#filledAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#perSecond);
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.#perSecond) * 1000;
  }
}
