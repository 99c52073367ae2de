/** A rate with room for bursts. */
export interface Rate {
  /** So many a second in the long run. */
  readonly perSecond: number;
  /** So many at once after a pause. Default: `perSecond`, at least 1. */
  readonly burst?: number | undefined;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Addresses remembered at once; the one that was away longest is forgotten first. */
const MAX_KEYS = 10_000;

/** A token bucket for each key. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor({ perSecond, burst = Math.max(1, perSecond) }: Rate) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /**
   * Whether one more may come now; if so it is counted.
   * @param now milliseconds on any steady clock.
   */
  take(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, filledAt: now };
    bucket.tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * this.#perSecond);
    bucket.filledAt = now;
    // Put in again behind the others, so that the first is the one away longest.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
