/** Whether the server is bound. Who asks first is served first; it is bound once, and on the same port again after a pause. */
import { ThreadError } from '../base/errors.ts';
import type { BoundAddress, Listener } from '../transport/transport.ts';

export class Binding {
  readonly #listener: Listener;
  readonly #bound: (addresses: BoundAddress[]) => void;
  /** The port it had when it was unbound. */
  #port: number | undefined;
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param bound called each time it has been bound. */
  constructor(listener: Listener, bound: (addresses: BoundAddress[]) => void) {
    this.#listener = listener;
    this.#bound = bound;
  }

  /** None while it isn't bound. */
  get addresses(): BoundAddress[] {
    return this.#listener.addresses;
  }

  /** @throws the operating system's error when the port is taken. ThreadError after {@link close}. */
  bind(): Promise<void> {
    return this.#next(async () => {
      this.#refuseWhenClosed();
      if (this.addresses.length > 0) return;
      await this.#listener.bind(this.#port);
      this.#refuseWhenClosed();
      this.#bound(this.addresses);
    });
  }

  unbind(): Promise<void> {
    return this.#next(async () => {
      this.#port = this.addresses[0]?.port ?? this.#port;
      await this.#listener.close();
    });
  }

  /** Unbinds for good. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.unbind();
  }

  /** Does a step when those before it are done. */
  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    return done;
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new ThreadError('ERR_SERVER_CLOSED', 'the server is closing');
  }
}
