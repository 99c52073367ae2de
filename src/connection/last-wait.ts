/** The end of a handler's wait when the server closes. */
/** What a last wait asks of the connection that owns it. */
export interface LastWaitOwner {
  /** Whether its handler waits for a message, has had all that came, and the peer is being read. */
  isWaiting(): boolean;
  /** The handler has waited in vain. */
  waitEnded(): void;
}

/** Turns of the event loop: the first may be nearly over, in the second the system tells of all that lay there. */
const TURNS = 2;

/** Ends the wait of a connection's handler when nothing more has come: the server is about to close. */
export class LastWait {
  readonly #owner: LastWaitOwner;
  #turns = 0;
  #isLooking = false;

  constructor(owner: LastWaitOwner) {
    this.#owner = owner;
  }

  /** Looks whether anything comes from now on. To be called when something has come, or the handler begins to wait. */
  look(): void {
    this.#turns = 0;
    if (this.#isLooking) return;
    this.#isLooking = true;
    setImmediate(this.#turned);
  }

  readonly #turned = (): void => {
    this.#isLooking = false;
    if (!this.#owner.isWaiting()) return;
    if (++this.#turns === TURNS) {
      this.#owner.waitEnded();
      return;
    }
    this.#isLooking = true;
    setImmediate(this.#turned);
  };
}
