/** A running server: its parts put together, and its public methods. */
import { EventEmitter } from 'node:events';
import type { DropReason } from '../base/close-reason.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { fromPortableError } from '../base/portable-error.ts';
import { parseTimeout, type CloseOptions } from '../options/close-options.ts';
import type { ResolvedOptions } from '../options/listen-options.ts';
import type { EndReport } from '../protocol/messages.ts';
import type { BoundAddress, Listener, MainDriver, TransportInfo } from '../transport/transport.ts';
import { Admission } from './admission/admission.ts';
import { createBalancer } from './balancer.ts';
import { Binding } from './binding.ts';
import { Dispatcher } from './dispatcher.ts';
import type { ServerEvents, ServerStats, ThreadInfo } from './events.ts';
import { Ledger, type ConnectionInfo } from './ledger.ts';
import { recordBlackBox } from './pool/black-box.ts';
import { Supervisor, supervisorOptions } from './pool/supervisor.ts';
import { closeReason, type ThreadEnd } from './pool/thread-end.ts';
import type { ThreadHandle } from './pool/thread-handle.ts';
import { Tally } from './tally.ts';

/** A running server, made by {@link listen}. */
export class MultiThreadServer extends EventEmitter<ServerEvents> implements AsyncDisposable {
  /** The way bytes take and, where it isn't io_uring, why not. */
  readonly transport: TransportInfo;
  readonly #driver: MainDriver;
  readonly #options: ResolvedOptions;
  readonly #ledger = new Ledger();
  readonly #tally = new Tally();
  readonly #supervisor: Supervisor;
  readonly #dispatcher: Dispatcher;
  readonly #binding: Binding;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedOptions, driver: MainDriver, transport: TransportInfo) {
    super();
    this.transport = transport;
    this.#driver = driver;
    this.#options = options;
    this.#supervisor = this.#createSupervisor(driver);
    this.#dispatcher = new Dispatcher(
      this.#ledger,
      new Admission(options, this.#ledger),
      this.#supervisor,
      createBalancer(options.balance),
      {
        served: (connection) => this.emit('connection', connection),
        dropped: (reason, peer, error) => this.#dropped(reason, peer, error),
      },
    );
    this.#binding = new Binding(this.#createListener(driver), (addresses) =>
      this.emit('listening', addresses, transport),
    );
  }

  /** Starts the threads, then listens. {@link listen} does this. */
  async start(): Promise<this> {
    try {
      await this.#supervisor.start();
      await this.#binding.bind();
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
    return this.#binding.addresses;
  }

  /** The state of each thread. */
  get threads(): ThreadInfo[] {
    return this.#supervisor.threads.map(threadInfo);
  }

  /** The live connections, the waiting ones included. */
  get connections(): ConnectionInfo[] {
    return this.#ledger.connections();
  }

  /** The server's numbers since it started. */
  stats(): ServerStats {
    return this.#tally.stats({
      transport: this.transport.driver,
      connections: this.#ledger.size,
      waiting: this.#dispatcher.parked,
      accepted: this.#ledger.total,
      threads: this.#supervisor.threads.map(({ counters }) => counters),
    });
  }

  /** Stops accepting: the addresses are unbound. Live connections go on. */
  async suspend(): Promise<void> {
    await this.#binding.unbind();
  }

  /**
   * Accepts again, on the same port.
   * @throws the operating system's error when the port is taken. ThreadError when the server is closing.
   */
  async resume(): Promise<void> {
    await this.#binding.bind();
  }

  /**
   * Loads the handler anew: new threads take over when all of them are ready, the old ones drain. No client is refused
   * meanwhile. Resolves when the new threads have taken over.
   * @param options.timeout milliseconds that the old threads' connections get to end by themselves; what is left is reset
   * with reason `server-drain`. Default: the `closeTimeout` option (10,000).
   * @throws HandlerLoadError when the handler can't be loaded: the old threads go on. ThreadError when the server is
   * closing. OptionError for a wrong timeout.
   */
  async reload(options: CloseOptions = {}): Promise<void> {
    await this.#supervisor.reload(parseTimeout(options, this.#options.closeTimeout));
  }

  /**
   * Stops accepting, lets live connections end, then the threads. What is left after `timeout` is reset with reason
   * `server-drain`. Further calls return the same promise; one with a shorter time shortens it.
   * @param options.timeout milliseconds; 0 for none. Default: the `closeTimeout` option (10,000).
   * @throws OptionError for a wrong timeout.
   */
  close(options: CloseOptions = {}): Promise<void> {
    let timeout: number;
    try {
      timeout = parseTimeout(options, this.#options.closeTimeout);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#closing) {
      void this.#supervisor.close(timeout);
      return this.#closing;
    }
    // Before anybody is told, who may close it, too.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closing = promise;
    resolve(this.#close(timeout));
    return promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeout: number): Promise<void> {
    this.emit('drain');
    const unbound = this.#binding.close();
    this.#dispatcher.close();
    await Promise.all([unbound, this.#supervisor.close(timeout)]);
    this.#driver.close();
    this.emit('close');
  }

  #createListener(driver: MainDriver): Listener {
    return driver.createListener(this.#options, {
      accepted: (accepted) => this.#dispatcher.accept(accepted),
      gone: () => this.#dropped('peer-reset', undefined),
      lost: (error) => this.#dropped('accept-error', undefined, error),
      failed: (error) => this.emit('error', error),
    });
  }

  #createSupervisor(driver: MainDriver): Supervisor {
    return new Supervisor(supervisorOptions(this.#options, driver), {
      started: (thread) => this.emit('thread-start', threadInfo(thread)),
      ended: (ends) => {
        for (const end of ends) this.#disconnected(end);
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
        this.#dropIfThreadless();
        this.emit('error', error);
      },
    });
  }

  #dropped(reason: DropReason, peer: Endpoint | undefined, error?: unknown): void {
    this.#tally.dropped(reason);
    this.emit('drop', { reason, peer, ...(error !== undefined && { error }) });
  }

  #disconnected({ id, ...end }: Pick<EndReport, 'id' | 'reason'> & Partial<EndReport>): void {
    const closed = this.#ledger.close(id);
    if (closed?.threadId === undefined) return;
    const { threadId } = closed;
    this.#tally.closed(end.reason);
    this.emit('disconnect', { ...closed, threadId, ...end, error: fromPortableError(end.error) });
  }

  #threadExited(thread: ThreadHandle, end: ThreadEnd): void {
    this.#tally.threadGone(thread.counters);
    const reason = closeReason(end);
    for (const { id } of this.#ledger.ofThread(thread.id))
      this.#disconnected({ id, reason, error: end.error });
    this.emit('thread-exit', { threadId: thread.id, ...end });
    this.#dropIfThreadless();
  }

  /** Clients must not wait for a thread when none will come. */
  #dropIfThreadless(): void {
    if (this.#supervisor.isThreadless) this.#dispatcher.dropParked('no-thread');
  }

  async #recordBlackBox(thread: ThreadHandle, silentFor: number): Promise<void> {
    const connections = this.#ledger.ofThread(thread.id);
    try {
      this.emit('black-box', await recordBlackBox(thread, silentFor, connections, this.#options.blackBox));
    } catch (error) {
      this.emit(
        'error',
        new Error(`the record of stalled thread ${thread.id} can't be written`, { cause: error }),
      );
    }
  }
}

function threadInfo(thread: ThreadHandle): ThreadInfo {
  const { id, state, connections, served, since, counters } = thread;
  return { id, state, connections, served, since, ...counters };
}
