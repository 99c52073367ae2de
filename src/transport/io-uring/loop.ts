/**
 * Drives a ring: a wake-up submits and completes until nothing is left, so that one serves many messages; but bounded, so that
 * timers and the handlers' own I/O get their turn.
 */
import { Ring, type Complete, type RingParts } from './ring.ts';
import { Waker } from './wake.ts';

/** Rounds of one turn of the event loop. */
const MOST_ROUNDS = 16;

export class Loop {
  readonly ring: Ring;
  readonly #waker: Waker;
  readonly #complete: Complete;
  readonly #endRound: () => boolean;
  #roundsLeft = MOST_ROUNDS;
  #isRunning = false;
  #isDue = false;
  #isPutOff = false;
  #isClosed = false;

  /** @param endRound called when the completions of a round have been seen to; returns whether there is more to do. */
  constructor(parts: RingParts, complete: Complete, endRound: () => boolean = () => false) {
    this.ring = new Ring(parts);
    this.#complete = complete;
    this.#endRound = endRound;
    this.#waker = new Waker(() => this.#turn());
    this.ring.enable();
    this.ring.tellBy(this.#waker.fd);
  }

  /** Something was put down that the loop is to submit: at the end of a round, or when this tick and its microtasks are over. */
  readonly touch = (): void => {
    if (this.#isRunning || this.#isDue || this.#isPutOff || this.#isClosed) return;
    this.#isDue = true;
    process.nextTick(this.#run);
  };

  /** Keeps the process alive. */
  ref(): void {
    this.#waker.ref();
  }

  unref(): void {
    this.#waker.unref();
  }

  /** Submits what was put down, and is over: the ring may be destroyed. */
  close(): void {
    this.ring.enter();
    this.#isClosed = true;
    this.ring.leave();
    this.#waker.close();
  }

  /** A turn of the event loop has begun. */
  #turn(): void {
    this.#roundsLeft = MOST_ROUNDS;
    this.#run();
  }

  readonly #run = (): void => {
    this.#isDue = false;
    if (this.#isRunning || this.#isPutOff || this.#isClosed) return;
    this.#isRunning = true;
    let isDone = false;
    try {
      isDone = this.#rounds();
    } finally {
      this.#isRunning = false;
      // Also when a callback has thrown: what it cut short goes on.
      if (!isDone) this.#putOff();
    }
  };

  /** @returns whether nothing is left to do. */
  #rounds(): boolean {
    const { ring } = this;
    while (this.#roundsLeft-- > 0) {
      ring.enter();
      while (ring.reap(this.#complete) > 0);
      const hasMore = this.#endRound();
      if (!hasMore && !ring.hasRequests && !ring.hasWork) return true;
    }
    return false;
  }

  /** The rest comes in the next turn. */
  #putOff(): void {
    this.#isPutOff = true;
    setImmediate(() => {
      this.#isPutOff = false;
      this.#turn();
    });
  }
}
