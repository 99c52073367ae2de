/** Every live connection, from accept to its one end. */
import type { Endpoint } from '../base/endpoint.ts';
import { IdTable } from '../base/id-table.ts';
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

/** A connection that a thread serves, or served. */
export interface ServedConnection extends ConnectionInfo {
  /** The thread. */
  readonly threadId: number;
}

/** A connection that was taken out of the ledger. */
export interface ClosedConnection extends ConnectionInfo {
  /** Milliseconds from accept to the end. */
  readonly duration: number;
}

interface Page extends ConnectionInfo {
  /** `since` on a clock that nobody sets. */
  readonly openedAt: number;
  threadId: number | undefined;
}

export class Ledger {
  readonly #pages = new IdTable<Page>();
  // No Map either, for the same reason as IdTable.
  readonly #perAddress = Object.create(null) as Record<string, number>;
  #lastId = 0;

  /** Connections ever opened. */
  get total(): number {
    return this.#lastId;
  }

  get size(): number {
    return this.#pages.size;
  }

  /** @returns the connection's id. */
  open(peer: Endpoint, local: Endpoint): number {
    const id = ++this.#lastId;
    const page: Page = {
      id,
      peer,
      local,
      since: Date.now(),
      openedAt: performance.now(),
      threadId: undefined,
    };
    this.#pages.add(id, page);
    const key = addressKey(peer);
    this.#perAddress[key] = (this.#perAddress[key] ?? 0) + 1;
    return id;
  }

  /** Notes which thread a connection was handed to. */
  assign(id: number, threadId: number): ServedConnection {
    const page = this.#pages.get(id)!;
    page.threadId = threadId;
    return info(page) as ServedConnection;
  }

  /** Takes a connection out; undefined when it is out already, so that no end is told twice. */
  close(id: number): ClosedConnection | undefined {
    const page = this.#pages.remove(id);
    if (!page) return undefined;
    const key = addressKey(page.peer);
    const left = this.#perAddress[key]! - 1;
    if (left > 0) this.#perAddress[key] = left;
    else delete this.#perAddress[key];
    return { ...info(page), duration: Math.round(performance.now() - page.openedAt) };
  }

  /** Live connections by address key. */
  countOf(key: string): number {
    return this.#perAddress[key] ?? 0;
  }

  connections(): ConnectionInfo[] {
    return this.#pages.values().map(info);
  }

  /** The connections of one thread. */
  ofThread(threadId: number): ConnectionInfo[] {
    return this.connections().filter((connection) => connection.threadId === threadId);
  }
}

function info({ id, peer, local, since, threadId }: Page): ConnectionInfo {
  return { id, peer, local, since, threadId };
}
