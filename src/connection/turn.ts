/** The end of a turn of the event loop. */
/** What waits for the end of a turn. */
export interface TurnEnd {
  /** Called once for each time it was put down for the end. */
  turnEnded(): void;
}

/**
 * The end of a turn of the event loop: what was sent during the turn goes out together. It comes at the next event of any
 * connection, so that none waits for the handler of another, and at the latest when the loop has seen to all events: that
 * costs one callback for all of them. One for a thread.
 */
export class Turn {
  /** The first `#count`; not emptied, but used again. */
  readonly #waiting: (TurnEnd | undefined)[] = [];
  #count = 0;
  #isDue = false;
  readonly #due = (): void => {
    this.#isDue = false;
    this.end();
  };

  /** Puts something down for the end. */
  add(waiting: TurnEnd): void {
    if (!this.#isDue) {
      this.#isDue = true;
      setImmediate(this.#due);
    }
    this.#waiting[this.#count++] = waiting;
  }

  end(): void {
    for (let index = 0; index < this.#count; index++) {
      const waiting = this.#waiting[index]!;
      this.#waiting[index] = undefined;
      waiting.turnEnded();
    }
    this.#count = 0;
  }
}
