import type { Accepted } from '../transport/transport.ts';
import type { Balancer } from '../options/balance-option.ts';
import type { LedgerEntry } from './ledger.ts';
import type { ThreadHandle } from './pool/thread-handle.ts';

/** Where a dispatcher finds threads. */
export interface ThreadSource {
  /** The threads that take connections, though perhaps not at this moment. */
  readonly candidates: ThreadHandle[];
  /** Tells how many clients wait for a thread. */
  setWaiting(waiting: number): void;
}

/** What a dispatcher reports: each parked connection gets one of the three. */
export interface DispatcherEvents {
  served(entry: LedgerEntry, thread: ThreadHandle): void;
  /** The socket could not be moved to a thread: it was destroyed, for example. */
  lost(entry: LedgerEntry, error: unknown): void;
  /** The balancer threw, or chose no thread. */
  unbalanced(entry: LedgerEntry, error: unknown): void;
}

interface Parked {
  readonly entry: LedgerEntry;
  readonly accepted: Accepted;
}

/** Brings accepted sockets to threads. One that no thread can take stays parked, unread. */
export class Dispatcher {
  readonly #threads: ThreadSource;
  readonly #balance: Balancer;
  readonly #events: DispatcherEvents;
  #parked = new Map<number, Parked>();

  constructor(threads: ThreadSource, balance: Balancer, events: DispatcherEvents) {
    this.#threads = threads;
    this.#balance = balance;
    this.#events = events;
  }

  get parked(): number {
    return this.#parked.size;
  }

  /** Takes over an accepted connection of which no byte was read. */
  park(entry: LedgerEntry, accepted: Accepted): void {
    const parked = { entry, accepted };
    if (this.#parked.size > 0 || this.#handOff(parked) !== 'gone') this.#parked.set(entry.id, parked);
    this.#tellWaiting();
  }

  /** Hands off as many parked sockets, oldest first, as threads can take. */
  dispatch(): void {
    if (this.#parked.size === 0) return;
    this.#handOffAll();
    this.#tellWaiting();
  }

  /** Lets go of every parked socket, resetting it. */
  dropAll(): LedgerEntry[] {
    const dropped = [...this.#parked.values()];
    this.#parked.clear();
    for (const { accepted } of dropped) accepted.reset();
    return dropped.map(({ entry }) => entry);
  }

  #tellWaiting(): void {
    this.#threads.setWaiting(this.#parked.size);
    // Room may have come up before the threads were asked to tell of it.
    if (this.#parked.size > 0) this.#handOffAll();
  }

  #handOffAll(): void {
    for (const parked of this.#parked.values()) {
      if (this.#handOff(parked) === 'no-room') return;
    }
    // For the same reason that IdTable has: a Map that was used for long holds on to what it held.
    if (this.#parked.size === 0) this.#parked = new Map();
  }

  /** @returns whether it is gone, must wait for the thread that was chosen, or for any, as none has room. */
  #handOff({ entry, accepted }: Parked): 'gone' | 'waits' | 'no-room' {
    for (;;) {
      const candidates = this.#threads.candidates;
      if (!candidates.some(({ hasRoom }) => hasRoom)) return 'no-room';
      const thread = this.#choose(candidates, entry, accepted);
      if (!thread) return 'gone';
      if (!thread.hasRoom) return 'waits';
      try {
        // A thread that turns out to be gone is no candidate any more.
        if (!thread.serve(entry.id, accepted)) continue;
      } catch (error) {
        this.#parked.delete(entry.id);
        this.#events.lost(entry, error);
        return 'gone';
      }
      this.#parked.delete(entry.id);
      entry.threadId = thread.id;
      this.#events.served(entry, thread);
      return 'gone';
    }
  }

  #choose(threads: ThreadHandle[], entry: LedgerEntry, accepted: Accepted): ThreadHandle | undefined {
    try {
      const chosen = this.#balance(threads, entry.peer);
      const thread = threads.find(({ id }) => id === chosen?.id);
      if (!thread) throw new TypeError('the balancer must return one of the threads it was given');
      return thread;
    } catch (error) {
      this.#parked.delete(entry.id);
      accepted.reset();
      this.#events.unbalanced(entry, error);
      return undefined;
    }
  }
}
