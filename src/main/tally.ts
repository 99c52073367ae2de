/** What the server has counted since it started. */
import type { CloseReason, DropReason } from '../base/close-reason.ts';
import type { CounterSnapshot } from '../base/counters.ts';
import type { ServerStats } from './events.ts';

/** What there is now. */
export interface Present extends Pick<ServerStats, 'transport' | 'connections' | 'waiting' | 'accepted'> {
  /** The numbers of each thread. */
  readonly threads: readonly CounterSnapshot[];
}

export class Tally {
  readonly #closed = new Map<CloseReason, number>();
  readonly #dropped = new Map<DropReason, number>();
  /** The numbers of the threads that are gone. */
  #gone: CounterSnapshot = { messagesRead: 0, messagesWritten: 0, bytesRead: 0, bytesWritten: 0 };

  closed(reason: CloseReason): void {
    this.#closed.set(reason, (this.#closed.get(reason) ?? 0) + 1);
  }

  dropped(reason: DropReason): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  /** A thread is gone: its numbers stay in the sums. */
  threadGone(counters: CounterSnapshot): void {
    this.#gone = add(this.#gone, counters);
  }

  stats({ transport, connections, waiting, accepted, threads }: Present): ServerStats {
    return {
      transport,
      connections,
      waiting,
      accepted,
      closed: Object.fromEntries(this.#closed),
      dropped: Object.fromEntries(this.#dropped),
      threads: threads.length,
      ...threads.reduce(add, this.#gone),
    };
  }
}

function add(a: CounterSnapshot, b: CounterSnapshot): CounterSnapshot {
  return {
    messagesRead: a.messagesRead + b.messagesRead,
    messagesWritten: a.messagesWritten + b.messagesWritten,
    bytesRead: a.bytesRead + b.bytesRead,
    bytesWritten: a.bytesWritten + b.bytesWritten,
  };
}
