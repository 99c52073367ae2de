/** Lets accepted connections in and brings them to threads. One that no thread can take stays parked, unread. */
import type { DropReason } from '../base/close-reason.ts';
import type { Endpoint } from '../base/endpoint.ts';
import type { Balancer } from '../options/balance-option.ts';
import type { Accepted } from '../transport/transport.ts';
import type { Admission } from './admission/admission.ts';
import type { Ledger, ServedConnection } from './ledger.ts';
import type { ThreadHandle } from './pool/thread-handle.ts';

/** Where a dispatcher finds threads. */
export interface ThreadSource {
  /** The threads that take connections, though perhaps not at this moment. */
  readonly candidates: ThreadHandle[];
  /** Whether no thread is there and none will come. */
  readonly isThreadless: boolean;
  /** Tells, after each change, how many clients wait for a thread; a pool may grow for them, and for one that is taken. */
  setWaiting(waiting: number): void;
  /** Asks to be told of room that comes up from now on. */
  wantRoom(): void;
}

/** What a dispatcher reports: one of the two for each connection. */
export interface DispatcherEvents {
  served(connection: ServedConnection): void;
  dropped(reason: DropReason, peer: Endpoint, error?: unknown): void;
}

interface Parked {
  readonly id: number;
  readonly accepted: Accepted;
}

export class Dispatcher {
  readonly #ledger: Ledger;
  readonly #admission: Admission;
  readonly #threads: ThreadSource;
  readonly #balance: Balancer;
  readonly #events: DispatcherEvents;
  #parked = new Map<number, Parked>();
  /** Whether no thread had room at the last look: who comes then stands behind those who wait. */
  #isFull = false;
  #isClosed = false;

  constructor(
    ledger: Ledger,
    admission: Admission,
    threads: ThreadSource,
    balance: Balancer,
    events: DispatcherEvents,
  ) {
    this.#ledger = ledger;
    this.#admission = admission;
    this.#threads = threads;
    this.#balance = balance;
    this.#events = events;
  }

  get parked(): number {
    return this.#parked.size;
  }

  /** Takes over an accepted connection of which no byte was read. */
  accept(accepted: Accepted): void {
    const { peer, local } = accepted;
    const refusal = this.#refusal(peer);
    if (refusal) {
      accepted.reset();
      this.#events.dropped(refusal, peer);
      return;
    }
    const parked = { id: this.#ledger.open(peer, local), accepted };
    if (this.#isFull || this.#handOff(parked) !== 'gone') this.#park(parked);
    this.#threads.setWaiting(this.#parked.size);
  }

  /** Hands off as many parked connections, oldest first, as threads can take. */
  dispatch(): void {
    if (this.#parked.size === 0) return;
    this.#threads.wantRoom();
    this.#handOffParked();
    this.#threads.setWaiting(this.#parked.size);
  }

  /** Resets every parked connection. */
  dropParked(reason: DropReason): void {
    const dropped = [...this.#parked.values()];
    this.#forgetParked();
    for (const { id, accepted } of dropped) {
      accepted.reset();
      this.#drop(id, reason, accepted.peer);
    }
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#isClosed = true;
    this.dropParked('server-drain');
  }

  #refusal(peer: Endpoint): DropReason | undefined {
    if (this.#isClosed) return 'server-drain';
    return this.#threads.isThreadless ? 'no-thread' : this.#admission.refusal(peer);
  }

  #park(parked: Parked): void {
    this.#parked.set(parked.id, parked);
    this.#threads.wantRoom();
    // Room may have come up before the threads were asked to tell of it.
    if (this.#isFull) this.#handOffParked();
    else this.#handOff(parked);
  }

  #handOffParked(): void {
    for (const parked of this.#parked.values()) {
      if (this.#handOff(parked) === 'no-room') return;
    }
    if (this.#parked.size === 0) this.#forgetParked();
  }

  /** @returns whether it is gone, must wait for the thread that was chosen, or for any, as none has room. */
  #handOff({ id, accepted }: Parked): 'gone' | 'waits' | 'no-room' {
    for (;;) {
      const candidates = this.#threads.candidates;
      this.#isFull = !candidates.some(({ hasRoom }) => hasRoom);
      if (this.#isFull) return 'no-room';
      const thread = this.#choose(candidates, id, accepted);
      if (!thread) return 'gone';
      if (!thread.hasRoom) return 'waits';
      try {
        // A thread that turns out to be gone is no candidate any more.
        if (!thread.serve(id, accepted)) continue;
      } catch (error) {
        this.#drop(id, 'peer-reset', accepted.peer, error);
        return 'gone';
      }
      this.#parked.delete(id);
      this.#events.served(this.#ledger.assign(id, thread.id));
      return 'gone';
    }
  }

  #choose(threads: ThreadHandle[], id: number, accepted: Accepted): ThreadHandle | undefined {
    try {
      const chosen = this.#balance(threads, accepted.peer);
      const thread = threads.find((candidate) => candidate.id === chosen?.id);
      if (!thread) throw new TypeError('the balancer must return one of the threads it was given');
      return thread;
    } catch (error) {
      accepted.reset();
      this.#drop(id, 'balancer-error', accepted.peer, error);
      return undefined;
    }
  }

  #drop(id: number, reason: DropReason, peer: Endpoint, error?: unknown): void {
    this.#parked.delete(id);
    this.#ledger.close(id);
    this.#events.dropped(reason, peer, error);
  }

  #forgetParked(): void {
    this.#parked.clear();
    // For the same reason that IdTable has: a Map that was used for long holds on to what it held.
    this.#parked = new Map();
    this.#isFull = false;
  }
}
