/** The connections of a thread. */
import type { CloseReason, ConnectionEnd } from '../base/close-reason.ts';
import type { Counters } from '../base/counters.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { IdTable } from '../base/id-table.ts';
import { toPortableError } from '../base/portable-error.ts';
import { LiveConnection, type ConnectionSetup } from '../connection/connection.ts';
import type { Handler } from '../connection/handler.ts';
import { Turn } from '../connection/turn.ts';
import type { ConnectionLimits } from '../options/connection-options.ts';
import type { EndReport, FromThread } from '../protocol/messages.ts';
import type { Arrival, ThreadDriver } from '../transport/transport.ts';
import type { Prepared } from './prepare.ts';
import { serve, type Service } from './serve.ts';

interface Served {
  readonly connection: LiveConnection;
  readonly service: Service;
  /** Where it stands among all. */
  place: number;
}

/** The connections of this thread: takes them in, runs the handler on them, tells main of their ends. */
export class Roster {
  readonly #handler: Handler;
  readonly #driver: ThreadDriver;
  readonly #counters: Counters;
  readonly #setup: ConnectionSetup;
  readonly #endsWaits: boolean;
  readonly #post: (message: FromThread) => void;
  readonly #live = new IdTable<Served>();
  /** The same in no order, to be gone through without a copy: deadlines are looked at four times a second and more often. */
  readonly #all: Served[] = [];
  #unfinished = 0;
  #allFinished: PromiseWithResolvers<void> | undefined;
  #ends: EndReport[] = [];
  /** Once it drains: whether the handlers' waits end, too. */
  #draining: { readonly endsWait: boolean } | undefined;
  #local: Endpoint | undefined;

  constructor(
    { module, framing, format, onDrain, thread }: Prepared,
    driver: ThreadDriver,
    limits: ConnectionLimits,
    counters: Counters,
    post: (message: FromThread) => void,
  ) {
    this.#handler = module.default;
    this.#driver = driver;
    this.#counters = counters;
    this.#endsWaits = onDrain === 'end';
    this.#setup = {
      thread,
      framing,
      format,
      limits,
      mostDueWhileReading: limits.highWaterMark,
      counters,
      turn: new Turn(),
      side: 'served',
      failed: this.#handlerFailed.bind(this),
      ended: this.#ended.bind(this),
    };
    this.#post = post;
  }

  /** Acknowledges a connection that main has moved here, and runs the handler on it. */
  serve(arrival: Arrival): void {
    this.#counters.acknowledge();
    if (this.#counters.takeRoomWanted()) this.#post({ act: 'room' });
    try {
      this.#serve(arrival);
    } catch (error) {
      // A framing of the user's can fail before there is a connection.
      const { id } = arrival;
      this.#driver.refuse(arrival.moved);
      this.#handlerFailed(arrival, error);
      this.#report({
        id,
        reason: 'handler-error',
        error: toPortableError(error),
        bytesRead: 0,
        bytesWritten: 0,
      });
    }
  }

  #serve({ id, peer, local, moved }: Arrival): void {
    const parties = { id, peer, local: this.#sharedLocal(local) };
    const connection = new LiveConnection(this.#setup, parties, (events) =>
      this.#driver.adopt(moved, events),
    );
    this.#unfinished++;
    const service = serve(connection, this.#handler, this.#finished);
    const served = { connection, service, place: this.#all.length };
    this.#live.add(id, served);
    this.#all.push(served);
    if (this.#draining) service.drain(this.#draining.endsWait);
  }

  /** Nearly all connections come to the same address: one copy does. */
  #sharedLocal(local: Endpoint): Endpoint {
    const known = this.#local;
    if (known?.address === local.address && known.port === local.port) return known;
    this.#local = local;
    return local;
  }

  /**
   * Tells all handlers, also those of connections to come, that their time is limited.
   * @param isClosing whether the server closes: then their waits for messages end, too.
   */
  drain(isClosing: boolean): void {
    const endsWait = isClosing && this.#endsWaits;
    this.#draining = { endsWait };
    for (const { service } of this.#live.values()) service.drain(endsWait);
  }

  failAll(reason: CloseReason): void {
    for (const { connection } of this.#live.values()) connection.fail(reason);
  }

  /** Resets every connection because the thread ends, of which main knows the reason. */
  resetAll(): void {
    this.#reportEnds();
    for (const { connection } of this.#live.values()) connection.reset();
  }

  checkDeadlines(now: number): void {
    for (let place = this.#all.length - 1; place >= 0; place--) {
      this.#all[place]?.connection.checkDeadlines(now);
    }
  }

  /** Resolves when every handler has finished. */
  async finished(): Promise<void> {
    if (this.#unfinished === 0) return;
    this.#allFinished ??= Promise.withResolvers();
    await this.#allFinished.promise;
  }

  readonly #finished = (): void => {
    if (--this.#unfinished === 0) this.#allFinished?.resolve();
  };

  #ended(connection: LiveConnection, { reason, detail, error }: ConnectionEnd): void {
    const { id, bytesRead, bytesWritten } = connection;
    this.#remove(id)?.service.closed(reason);
    this.#report({
      id,
      reason,
      ...(detail !== undefined && { detail }),
      ...(error !== undefined && { error: toPortableError(error) }),
      bytesRead,
      bytesWritten,
    });
  }

  #remove(id: number): Served | undefined {
    const served = this.#live.remove(id);
    if (!served) return undefined;
    const last = this.#all.pop()!;
    if (last !== served) {
      this.#all[served.place] = last;
      last.place = served.place;
    }
    return served;
  }

  /** Tells main of an end, together with those of the same turn. */
  #report(end: EndReport): void {
    if (this.#ends.length === 0) setImmediate(() => this.#reportEnds());
    this.#ends.push(end);
  }

  #reportEnds(): void {
    if (this.#ends.length === 0) return;
    const ends = this.#ends;
    this.#ends = [];
    this.#post({ act: 'ended', ends });
  }

  #handlerFailed({ id, peer }: Pick<LiveConnection, 'id' | 'peer'>, error: unknown): void {
    this.#post({ act: 'handler-error', id, peer, error: toPortableError(error) });
  }
}
