import type { CloseReason } from '../base/close-reason.ts';
import type { Counters } from '../base/counters.ts';
import { MessageError } from '../base/errors.ts';
import { IdTable } from '../base/id-table.ts';
import type { Handler } from '../connection/handler.ts';
import { toPortableError } from '../base/portable-error.ts';
import type { Closed, ConnectionLimits, Endpoint, FromThread, HandOff } from '../protocol/messages.ts';
import { adopt } from '../transport/node/adopt.ts';
import { SocketConnection, type ConnectionEnd, type ConnectionSetup } from '../connection/connection.ts';
import type { Prepared } from './prepare.ts';
import { serve, type Service, type ServiceListener } from './serve.ts';

/** The connections of this thread: takes them in, runs the handler on them, tells main of their ends. */
export class Roster {
  readonly #handler: Handler;
  readonly #setup: ConnectionSetup;
  readonly #listener: ServiceListener;
  readonly #post: (message: FromThread) => void;
  readonly #live = new IdTable<{ connection: SocketConnection; service: Service }>();
  #unfinished = 0;
  #allFinished: PromiseWithResolvers<void> | undefined;
  #ends: Closed[] = [];
  #isDraining = false;
  #local: Endpoint | undefined;

  constructor(
    { module, framing, format, thread }: Prepared,
    limits: ConnectionLimits,
    counters: Counters,
    post: (message: FromThread) => void,
  ) {
    this.#handler = module.default;
    const closed = this.#closed.bind(this);
    const mostDueWhileReading = limits.highWaterMark;
    this.#setup = { thread, framing, format, limits, mostDueWhileReading, counters, closed };
    this.#listener = {
      failed: (connection, error) => this.#handlerFailed(connection, error),
      finished: () => this.#finished(),
    };
    this.#post = post;
  }

  /** Runs the handler on a socket that main has handed off. */
  serve(handOff: HandOff): void {
    try {
      this.#serve(handOff);
    } catch (error) {
      // A framing of the user's can fail before there is a connection.
      const { connectionId, peer } = handOff;
      adopt(handOff, () => false).resetAndDestroy();
      this.#handlerFailed({ id: connectionId, peer }, error);
      this.#report({
        connectionId,
        reason: 'handler-error',
        error: toPortableError(error),
        bytesRead: 0,
        bytesWritten: 0,
      });
    }
  }

  #serve(handOff: HandOff): void {
    const { connectionId: id, peer } = handOff;
    const local = this.#sharedLocal(handOff.local);
    const connection = new SocketConnection(this.#setup, { id, peer, local }, (read) => adopt(handOff, read));
    this.#unfinished++;
    const service = serve(connection, this.#handler, this.#listener);
    this.#live.add(id, { connection, service });
    if (this.#isDraining) service.drain();
  }

  /** Nearly all connections come to the same address: one copy does. */
  #sharedLocal(local: Endpoint): Endpoint {
    const known = this.#local;
    if (known?.address === local.address && known.port === local.port) return known;
    this.#local = local;
    return local;
  }

  /** Tells all handlers, also those of connections to come, that their time is limited. */
  drain(): void {
    this.#isDraining = true;
    for (const { service } of this.#live.values()) service.drain();
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
    for (const { connection } of this.#live.values()) connection.checkDeadlines(now);
  }

  /** Resolves when every handler has finished. */
  async finished(): Promise<void> {
    if (this.#unfinished === 0) return;
    this.#allFinished ??= Promise.withResolvers();
    await this.#allFinished.promise;
  }

  #finished(): void {
    if (--this.#unfinished === 0) this.#allFinished?.resolve();
  }

  /**
   * Whether a rejection nobody handled is that of a `send` whose message can't be framed: the error of one handler,
   * not of the thread. Its connection ends then.
   */
  isOfHandler(error: unknown): boolean {
    const owner = error instanceof MessageError ? this.#live.get(error.connectionId ?? 0) : undefined;
    if (!owner) return false;
    if (!owner.connection.fail('handler-error', { error })) this.#handlerFailed(owner.connection, error);
    return true;
  }

  #closed(connection: SocketConnection, { reason, detail, error }: ConnectionEnd): void {
    const { id, bytesRead, bytesWritten } = connection;
    if (reason === 'handler-error') this.#handlerFailed(connection, error);
    this.#live.remove(id)?.service.closed(reason);
    this.#report({
      connectionId: id,
      reason,
      ...(detail !== undefined && { detail }),
      ...(error !== undefined && { error: toPortableError(error) }),
      bytesRead,
      bytesWritten,
    });
  }

  /** Tells main of an end, together with those of the same turn. */
  #report(end: Closed): void {
    if (this.#ends.length === 0) setImmediate(() => this.#reportEnds());
    this.#ends.push(end);
  }

  #reportEnds(): void {
    if (this.#ends.length === 0) return;
    const ends = this.#ends;
    this.#ends = [];
    this.#post({ act: 'closed', ends });
  }

  #handlerFailed({ id, peer }: Pick<SocketConnection, 'id' | 'peer'>, error: unknown): void {
    this.#post({ act: 'handler-error', connectionId: id, peer, error: toPortableError(error) });
  }
}
