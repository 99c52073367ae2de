/** The rates to which a peer is held. */
import { TokenBucket } from '../base/token-bucket.ts';

/** What one connection may send. */
export interface Rates {
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Holds a peer to its rates of messages and bytes; of each it may send one second's worth at once. */
export class Throttle {
  readonly #messages: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;

  constructor({ messagesPerSecond, bytesPerSecond }: Rates) {
    this.#messages = bucket(messagesPerSecond);
    this.#bytes = bucket(bytesPerSecond);
  }

  messageRead(): void {
    this.#messages?.spend(1);
  }

  bytesRead(bytes: number): void {
    this.#bytes?.spend(bytes);
  }

  /** Milliseconds until the connection may go on; 0 when it may now. */
  get wait(): number {
    if (this.#messages?.hasToken !== false && this.#bytes?.hasToken !== false) return 0;
    const now = performance.now();
    return Math.ceil(Math.max(this.#messages?.wait(now) ?? 0, this.#bytes?.wait(now) ?? 0));
  }
}

function bucket(perSecond: number): TokenBucket | undefined {
  return perSecond < Infinity ? new TokenBucket({ perSecond }, performance.now()) : undefined;
}
