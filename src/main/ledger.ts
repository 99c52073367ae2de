import { IdTable } from '../base/id-table.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { addressKey } from './admission/address-key.ts';

/** One live connection, as main knows it. */
export interface ConnectionInfo {
  /** Unique in its server. */
  readonly id: number;
  /** The client. */
  readonly peer: Endpoint;
  /** Where it connected to. */
  readonly local: Endpoint;
  /** When it was accepted, in milliseconds since the epoch. */
  readonly since: number;
  /** The thread that serves it; undefined while it waits, unread, for a thread that can take it. */
  readonly threadId: number | undefined;
}

/** A connection's page in the ledger. */
export interface LedgerEntry extends ConnectionInfo {
  threadId: number | undefined;
}

/** Every live connection, from accept to its one end. */
export class Ledger {
  readonly #entries = new IdTable<LedgerEntry>();
  // No Map either, for the same reason as IdTable.
  readonly #perAddress = Object.create(null) as Record<string, number>;
  #lastId = 0;

  /** Connections ever opened. */
  get total(): number {
    return this.#lastId;
  }

  get size(): number {
    return this.#entries.size;
  }

  open(peer: Endpoint, local: Endpoint): LedgerEntry {
    const entry: LedgerEntry = { id: ++this.#lastId, peer, local, since: Date.now(), threadId: undefined };
    this.#entries.add(entry.id, entry);
    const key = addressKey(peer);
    this.#perAddress[key] = (this.#perAddress[key] ?? 0) + 1;
    return entry;
  }

  /** Takes a connection out; undefined when it is out already, so that no end is told twice. */
  close(id: number): LedgerEntry | undefined {
    const entry = this.#entries.remove(id);
    if (!entry) return undefined;
    const key = addressKey(entry.peer);
    const left = this.#perAddress[key]! - 1;
    if (left > 0) this.#perAddress[key] = left;
    else delete this.#perAddress[key];
    return entry;
  }

  /** Live connections by address key. */
  countOf(key: string): number {
    return this.#perAddress[key] ?? 0;
  }

  entries(): LedgerEntry[] {
    return this.#entries.values();
  }

  /** The connections of one thread. */
  ofThread(threadId: number): LedgerEntry[] {
    return this.#entries.values().filter((entry) => entry.threadId === threadId);
  }
}
