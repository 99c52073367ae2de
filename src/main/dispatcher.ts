import type { Socket } from 'node:net';
import { leastConnections } from './balancer.ts';
import type { LedgerEntry } from './ledger.ts';
import type { ThreadHandle } from './thread-handle.ts';

/** Where a dispatcher finds threads. */
export interface ThreadSource {
  /** The threads that can take a connection now. */
  readonly candidates: ThreadHandle[];
  /** Tells how many clients wait for a thread. */
  setWaiting(waiting: number): void;
}

/** What a dispatcher reports: each parked connection gets one of the two. */
export interface DispatcherEvents {
  served(entry: LedgerEntry, thread: ThreadHandle): void;
  /** The socket could not be moved to a thread: it was destroyed, for example. */
  lost(entry: LedgerEntry, error: unknown): void;
}

interface Parked {
  readonly entry: LedgerEntry;
  readonly socket: Socket;
}

/** Brings accepted sockets to threads. One that no thread can take stays parked, unread. */
export class Dispatcher {
  readonly #threads: ThreadSource;
  readonly #events: DispatcherEvents;
  readonly #parked = new Map<number, Parked>();
  #lastThread = 0;

  constructor(threads: ThreadSource, events: DispatcherEvents) {
    this.#threads = threads;
    this.#events = events;
  }

  get parked(): number {
    return this.#parked.size;
  }

  /** Takes over an accepted socket of which no byte was read. */
  park(entry: LedgerEntry, socket: Socket): void {
    this.#parked.set(entry.id, { entry, socket });
    this.dispatch();
  }

  /** Hands off as many parked sockets, oldest first, as threads can take. */
  dispatch(): void {
    if (this.#parked.size === 0) return;
    this.#handOffAll();
    this.#threads.setWaiting(this.#parked.size);
    // Room may have come up before the threads were asked to tell of it.
    if (this.#parked.size > 0) this.#handOffAll();
  }

  /** Lets go of every parked socket, resetting it. */
  dropAll(): LedgerEntry[] {
    const dropped = [...this.#parked.values()];
    this.#parked.clear();
    for (const { socket } of dropped) socket.resetAndDestroy();
    return dropped.map(({ entry }) => entry);
  }

  #handOffAll(): void {
    for (const parked of this.#parked.values()) {
      if (!this.#handOff(parked)) return;
    }
  }

  /** @returns false when no thread can take it. */
  #handOff({ entry, socket }: Parked): boolean {
    for (;;) {
      const candidates = this.#threads.candidates;
      if (candidates.length === 0) return false;
      const thread = leastConnections(candidates, this.#lastThread);
      this.#lastThread = thread.id;
      try {
        // A thread that turns out to be gone is no candidate any more.
        if (!thread.serve(entry, socket)) continue;
      } catch (error) {
        this.#parked.delete(entry.id);
        socket.destroy();
        this.#events.lost(entry, error);
        return true;
      }
      this.#parked.delete(entry.id);
      entry.threadId = thread.id;
      this.#events.served(entry, thread);
      return true;
    }
  }
}
