/** Whether a peer is read. */
import type { Link } from '../transport/transport.ts';
import type { Outbox } from './outbox.ts';
import { Throttle, type Rates } from './throttle.ts';

/** What a flow tells the connection that owns it. */
export interface FlowOwner {
  /** A peer that had sent more than its rates allow may go on. */
  throttleEnded(): void;
}

/** Whether a peer is read: not while too much is due to it, nor while it has sent more than its rates allow. */
export class Flow {
  readonly #owner: FlowOwner;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #mostDue: number;
  readonly #throttle: Throttle | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isReading = true;

  /** @param mostDue bytes due to the peer above which it isn't read. */
  constructor(owner: FlowOwner, link: Link, outbox: Outbox, mostDue: number, rates: Rates) {
    this.#owner = owner;
    this.#link = link;
    this.#outbox = outbox;
    this.#mostDue = mostDue;
    const isThrottled = rates.messagesPerSecond < Infinity || rates.bytesPerSecond < Infinity;
    this.#throttle = isThrottled ? new Throttle(rates) : undefined;
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  /** Whether it isn't read because it has sent more than its rates allow. */
  get isThrottled(): boolean {
    return this.#timer !== undefined;
  }

  /** Whether the peer's messages must wait. */
  isHeldBack(): boolean {
    if (this.#outbox.exceeds(this.#mostDue)) return true;
    return this.#throttle !== undefined && this.#throttles(this.#throttle);
  }

  messageRead(): void {
    this.#throttle?.messageRead();
  }

  bytesRead(bytes: number): void {
    this.#throttle?.bytesRead(bytes);
  }

  /** Notes whether the link goes on reading. */
  setReading(isReading: boolean): boolean {
    this.#isReading = isReading;
    return isReading;
  }

  /** Goes on reading. */
  resume(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#link.resume();
  }

  /** The connection is over. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #throttles({ wait }: Throttle): boolean {
    if (this.#timer) return true;
    if (wait === 0) return false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#owner.throttleEnded();
    }, wait);
    return true;
  }
}
