/** A token bucket for each key, for a bounded number of keys. */
import { TokenBucket, type Rate } from '../../base/token-bucket.ts';

/** Addresses remembered at once; the one that was away longest is forgotten first. */
const MAX_KEYS = 10_000;

export class RateLimiter {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /**
   * Whether one more may come now; if so it is counted.
   * @param now milliseconds on any steady clock.
   */
  take(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, now);
    // Put in again behind the others, so that the first is the one away longest.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket.take(now);
  }
}
