import { EventEmitter } from 'node:events';
import type { CloseReason, DropReason } from '../base/close-reason.ts';
import type { CounterSnapshot } from '../base/counters.ts';
import { ThreadError } from '../base/errors.ts';
import type { ResolvedOptions } from '../options/listen-options.ts';
import { fromPortableError } from '../base/portable-error.ts';
import type { Endpoint } from '../base/endpoint.ts';
import type { EndReport } from '../protocol/messages.ts';
import type { Accepted, BoundAddress, Listener, MainDriver } from '../transport/transport.ts';
import { Admission } from './admission/admission.ts';
import { createBalancer } from './balancer.ts';
import { recordBlackBox } from './pool/black-box.ts';
import { Dispatcher } from './dispatcher.ts';
import type { ServerEvents, ServerStats, ThreadInfo } from './events.ts';
import { Ledger, type ConnectionInfo, type LedgerEntry } from './ledger.ts';
import { poolPolicy } from './pool/pool-policy.ts';
import { Supervisor } from './pool/supervisor.ts';
import { closeReason, type ThreadEnd } from './pool/thread-end.ts';
import type { ThreadHandle } from './pool/thread-handle.ts';

/** A running server, made by {@link listen}. */
export class MultiThreadServer extends EventEmitter<ServerEvents> implements AsyncDisposable {
  readonly #ledger = new Ledger();
  readonly #admission: Admission;
  readonly #supervisor: Supervisor;
  readonly #dispatcher: Dispatcher;
  readonly #listener: Listener;
  readonly #closeTimeout: number;
  readonly #blackBox: string | undefined;
  #port: number | undefined;
  readonly #closed = new Map<CloseReason, number>();
  readonly #dropped = new Map<DropReason, number>();
  readonly #gone: CounterSnapshot = { messagesRead: 0, messagesWritten: 0, bytesRead: 0, bytesWritten: 0 };
  #binding: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(resolved: ResolvedOptions, driver: MainDriver) {
    super();
    this.#closeTimeout = resolved.closeTimeout;
    this.#admission = new Admission(resolved, this.#ledger);
    this.#blackBox = resolved.blackBox;
    this.#supervisor = this.#createSupervisor(resolved, driver);
    this.#dispatcher = new Dispatcher(this.#supervisor, createBalancer(resolved.balance), {
      served: (entry, thread) => this.emit('connection', { ...entry, threadId: thread.id }),
      lost: (entry, error) => this.#lost(entry, 'peer-reset', error),
      unbalanced: (entry, error) => this.#lost(entry, 'balancer-error', error),
    });
    this.#listener = driver.createListener(resolved, {
      accepted: (accepted) => this.#accept(accepted),
      gone: () => this.#drop('peer-reset', undefined),
      lost: (error) => this.#drop('accept-error', undefined, error),
      failed: (error) => this.emit('error', error),
    });
  }

  /** Starts the threads, then listens. {@link listen} does this. */
  async start(): Promise<this> {
    await this.#supervisor.start();
    try {
      await this.#bind();
    } catch (error) {
      await this.close({ timeout: 0 });
      throw error;
    }
    return this;
  }

  /** The first address it listens on; undefined while it doesn't listen. */
  get address(): BoundAddress | undefined {
    return this.addresses[0];
  }

  /** Every address it listens on: two for `localhost` where the machine has both. */
  get addresses(): BoundAddress[] {
    return this.#listener.addresses;
  }

  /** The state of each thread. */
  get threads(): ThreadInfo[] {
    return this.#supervisor.threads.map(threadInfo);
  }

  /** The live connections, the waiting ones included. */
  get connections(): ConnectionInfo[] {
    return this.#ledger.entries().map((entry) => ({ ...entry }));
  }

  stats(): ServerStats {
    const threads = this.#supervisor.threads;
    return {
      connections: this.#ledger.size,
      waiting: this.#dispatcher.parked,
      accepted: this.#ledger.total,
      closed: Object.fromEntries(this.#closed),
      dropped: Object.fromEntries(this.#dropped),
      threads: threads.length,
      ...[this.#gone, ...threads.map((thread) => thread.counters)].reduce(addSnapshots),
    };
  }

  /** Stops accepting: the addresses are unbound. Live connections go on. */
  async suspend(): Promise<void> {
    await this.#unbind();
  }

  /**
   * Accepts again, on the same port.
   * @throws the operating system's error when the port is taken. ThreadError when the server is closing.
   */
  async resume(): Promise<void> {
    this.#refuseWhenClosing();
    await this.#bind();
  }

  /**
   * Loads the handler anew: new threads take over when all of them are ready, the old ones drain. No client is refused
   * meanwhile. Resolves when the new threads have taken over.
   * @param options.timeout milliseconds that the old threads' connections get to end by themselves; what is left is reset
   * with reason `server-drain`. Default: the `closeTimeout` option (10,000).
   * @throws HandlerLoadError when the handler can't be loaded: the old threads go on. ThreadError when the server is
   * closing.
   */
  async reload({ timeout = this.#closeTimeout }: { timeout?: number } = {}): Promise<void> {
    this.#refuseWhenClosing();
    await this.#supervisor.reload(timeout);
  }

  /**
   * Stops accepting, lets live connections end, then the threads. What is left after `timeout` is reset with reason
   * `server-drain`. Further calls return the same promise; one with a shorter time shortens it.
   * @param options.timeout milliseconds; 0 for none. Default: the `closeTimeout` option (10,000).
   */
  close({ timeout = this.#closeTimeout }: { timeout?: number } = {}): Promise<void> {
    if (this.#closing) {
      void this.#supervisor.close(timeout);
      return this.#closing;
    }
    this.#closing = this.#close(timeout);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeout: number): Promise<void> {
    this.emit('drain');
    const unbound = this.#unbind();
    this.#dropParked('server-drain');
    await Promise.all([unbound, this.#supervisor.close(timeout)]);
    this.emit('close');
  }

  /** However many ask for it at once, it is bound once. */
  #bind(): Promise<void> {
    this.#binding ??= this.#bindOnce().finally(() => (this.#binding = undefined));
    return this.#binding;
  }

  async #bindOnce(): Promise<void> {
    if (this.address) return;
    this.#refuseWhenClosing();
    await this.#listener.bind(this.#port);
    this.#refuseWhenClosing();
    this.emit('listening', this.addresses);
  }

  async #unbind(): Promise<void> {
    // Unbound before it is bound, it would be bound afterwards.
    if (this.#binding) await this.#binding.catch(() => {});
    this.#port = this.address?.port ?? this.#port;
    await this.#listener.close();
  }

  #refuseWhenClosing(): void {
    if (this.#closing) throw new ThreadError('ERR_SERVER_CLOSED', 'the server is closing');
  }

  #createSupervisor(options: ResolvedOptions, driver: MainDriver): Supervisor {
    const { handler, framing, format, data, limits, stallTimeout, startTimeout } = options;
    return new Supervisor(
      {
        pool: poolPolicy(options.threads, options.maxThreads),
        restart: options,
        watchdog: options,
        thread: {
          driver,
          handler,
          framing,
          format,
          data,
          limits,
          stallTimeout,
          startTimeout,
          memoryLimit: options.threadMemoryLimit,
          youngMemoryLimit: options.threadYoungMemoryLimit,
        },
      },
      {
        started: (thread) => this.emit('thread-start', threadInfo(thread)),
        ended: (thread, ends) => {
          for (const end of ends) this.#disconnected(thread.id, end);
        },
        handlerError: (thread, { id, peer, error }) =>
          this.emit('handler-error', { id, peer, threadId: thread.id, error }),
        exited: (thread, end) => this.#threadExited(thread, end),
        stalled: (thread, silentFor) => {
          this.emit('thread-stalled', { threadId: thread.id, silentFor });
          void this.#recordBlackBox(thread, silentFor);
        },
        recovered: (thread, silentFor) => this.emit('thread-recovered', { threadId: thread.id, silentFor }),
        killing: (thread, silentFor) => this.#recordBlackBox(thread, silentFor),
        reloaded: () => this.emit('reload', this.threads),
        room: () => this.#dispatcher.dispatch(),
        gaveUp: (error) => {
          this.#dropIfHopeless();
          this.emit('error', error);
        },
      },
    );
  }

  async #recordBlackBox(thread: ThreadHandle, silentFor: number): Promise<void> {
    const connections = this.#ledger.ofThread(thread.id).map((entry) => ({ ...entry }));
    try {
      this.emit('black-box', await recordBlackBox(thread, silentFor, connections, this.#blackBox));
    } catch (error) {
      this.emit(
        'error',
        new Error(`the record of stalled thread ${thread.id} can't be written`, { cause: error }),
      );
    }
  }

  #accept(accepted: Accepted): void {
    const { peer, local } = accepted;
    const refusal = this.#refusal(peer);
    if (refusal) {
      accepted.reset();
      this.#drop(refusal, peer);
      return;
    }
    this.#dispatcher.park(this.#ledger.open(peer, local), accepted);
  }

  #refusal(peer: Endpoint): DropReason | undefined {
    if (this.#closing) return 'server-drain';
    return this.#supervisor.isHopeless ? 'no-thread' : this.#admission.refusal(peer);
  }

  #lost(entry: LedgerEntry, reason: DropReason, error: unknown): void {
    this.#ledger.close(entry.id);
    this.#drop(reason, entry.peer, error);
  }

  #dropParked(reason: DropReason): void {
    for (const { id, peer } of this.#dispatcher.dropAll()) {
      this.#ledger.close(id);
      this.#drop(reason, peer);
    }
  }

  #drop(reason: DropReason, peer: Endpoint | undefined, error?: unknown): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
    this.emit('drop', { reason, peer, ...(error !== undefined && { error }) });
  }

  #disconnected(threadId: number, end: Pick<EndReport, 'id' | 'reason'> & Partial<EndReport>): void {
    const entry = this.#ledger.close(end.id);
    if (!entry) return;
    const { reason, detail, bytesRead, bytesWritten } = end;
    this.#closed.set(reason, (this.#closed.get(reason) ?? 0) + 1);
    const { id, peer, local, since } = entry;
    const error = fromPortableError(end.error);
    const duration = Date.now() - since;
    this.emit('disconnect', {
      id,
      peer,
      local,
      threadId,
      reason,
      detail,
      error,
      bytesRead,
      bytesWritten,
      duration,
    });
  }

  #threadExited(thread: ThreadHandle, end: ThreadEnd): void {
    Object.assign(this.#gone, addSnapshots(this.#gone, thread.counters));
    for (const { id } of this.#ledger.ofThread(thread.id)) {
      this.#disconnected(thread.id, { id, reason: closeReason(end), error: end.error });
    }
    this.emit('thread-exit', { threadId: thread.id, ...end });
    this.#dropIfHopeless();
  }

  /** Clients must not wait for a thread when none will come. */
  #dropIfHopeless(): void {
    if (this.#supervisor.isHopeless) this.#dropParked('no-thread');
  }
}

function threadInfo(thread: ThreadHandle): ThreadInfo {
  const { id, state, connections, served, since } = thread;
  return { id, state, connections, served, since, ...thread.counters };
}

function addSnapshots(a: CounterSnapshot, b: CounterSnapshot): CounterSnapshot {
  return {
    messagesRead: a.messagesRead + b.messagesRead,
    messagesWritten: a.messagesWritten + b.messagesWritten,
    bytesRead: a.bytesRead + b.bytesRead,
    bytesWritten: a.bytesWritten + b.bytesWritten,
  };
}
