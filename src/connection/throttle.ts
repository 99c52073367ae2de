/** What one connection may send. */
export interface Rates {
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Two token buckets, for messages and bytes; each holds one second's worth. */
export class Throttle {
  readonly #rates: Rates;
  #messages: number;
  #bytes: number;
  #filledAt = performance.now();

  constructor(rates: Rates) {
    this.#rates = rates;
    this.#messages = Math.max(1, rates.messagesPerSecond);
    this.#bytes = rates.bytesPerSecond;
  }

  spend(messages: number, bytes: number): void {
    this.#messages -= messages;
    this.#bytes -= bytes;
  }

  /** Milliseconds until the connection may go on; 0 when it may now. */
  get wait(): number {
    if (this.#messages >= 1 && this.#bytes > 0) return 0;
    this.#fill();
    const { messagesPerSecond, bytesPerSecond } = this.#rates;
    const forMessages = this.#messages >= 1 ? 0 : (1 - this.#messages) / messagesPerSecond;
    const forBytes = this.#bytes > 0 ? 0 : (1 - this.#bytes) / bytesPerSecond;
    return Math.ceil(Math.max(forMessages, forBytes) * 1000);
  }

  #fill(): void {
    const now = performance.now();
    const seconds = (now - this.#filledAt) / 1000;
    this.#filledAt = now;
    const { messagesPerSecond, bytesPerSecond } = this.#rates;
    this.#messages = fill(this.#messages, seconds, messagesPerSecond, Math.max(1, messagesPerSecond));
    this.#bytes = fill(this.#bytes, seconds, bytesPerSecond, bytesPerSecond);
  }
}

function fill(tokens: number, seconds: number, rate: number, most: number): number {
  return rate === Infinity ? Infinity : Math.min(most, tokens + seconds * rate);
}
