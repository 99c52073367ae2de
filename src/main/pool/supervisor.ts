/** Keeps as many threads as the pool wants: decides when one is started, replaced, retired and ended. */
import { ThreadError } from '../../base/errors.ts';
import type { ResolvedOptions } from '../../options/listen-options.ts';
import type { MainDriver } from '../../transport/transport.ts';
import type { EndReport } from '../../protocol/messages.ts';
import { DrainDeadline } from './drain-deadline.ts';
import { adjust, SAMPLE_MS } from './elastic.ts';
import { poolPolicy, type PoolPolicy } from './pool-policy.ts';
import { Pool } from './pool.ts';
import { RestartPolicy, type RestartLimits } from './restart-policy.ts';
import { threadEntry } from './start-worker.ts';
import { isPlanned, type ThreadEnd } from './thread-end.ts';
import { ThreadHandle, type ThreadEvents, type ThreadOptions } from './thread-handle.ts';
import { Watchdog, type WatchdogLimits } from './watchdog.ts';

/** What a supervisor needs. */
export interface SupervisorOptions {
  readonly pool: PoolPolicy;
  readonly restart: RestartLimits;
  readonly watchdog: WatchdogLimits;
  readonly thread: Omit<ThreadOptions, 'id' | 'generation'>;
}

/** What a supervisor reports. */
export interface SupervisorEvents {
  started(thread: ThreadHandle): void;
  ended(ends: readonly EndReport[]): void;
  handlerError: ThreadEvents['handlerError'];
  exited(thread: ThreadHandle, end: ThreadEnd): void;
  stalled(thread: ThreadHandle, silentFor: number): void;
  recovered(thread: ThreadHandle, silentFor: number): void;
  /** A stalled thread is about to be terminated; it is when this resolves. */
  killing(thread: ThreadHandle, silentFor: number): Promise<void>;
  /** A new generation has taken over. */
  reloaded(): void;
  /** A thread may have become able to take a connection. */
  room(): void;
  /** Threads crashed too often; none is started any more. */
  gaveUp(error: ThreadError): void;
}

/** What a supervisor needs of a server's options. */
export function supervisorOptions(options: ResolvedOptions, driver: MainDriver): SupervisorOptions {
  const { handler, framing, format, onDrain, data, limits, stallTimeout, startTimeout } = options;
  return {
    pool: poolPolicy(options.threads, options.maxThreads),
    restart: options,
    watchdog: options,
    thread: {
      driver,
      entry: threadEntry(options.threadEntry),
      handler,
      framing,
      format,
      onDrain,
      data,
      limits,
      stallTimeout,
      startTimeout,
      memoryLimit: options.threadMemoryLimit,
      youngMemoryLimit: options.threadYoungMemoryLimit,
    },
  };
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #events: SupervisorEvents;
  readonly #watchdog: Watchdog;
  readonly #pool: Pool;
  readonly #deadlines = new Set<DrainDeadline>();
  #restart: RestartPolicy;
  #lastId = 0;
  #state: 'loading' | 'running' | 'gave-up' | 'closing' = 'loading';
  #restartTimer: NodeJS.Timeout | undefined;
  #sampleTimer: NodeJS.Timeout | undefined;
  #reload: Promise<void> | undefined;
  #nextReload: Promise<void> | undefined;
  #empty: PromiseWithResolvers<void> | undefined;

  constructor(options: SupervisorOptions, events: SupervisorEvents) {
    this.#options = options;
    this.#events = events;
    this.#pool = new Pool(options.pool);
    this.#restart = new RestartPolicy(options.restart);
    this.#watchdog = new Watchdog(options.watchdog, this.#pool, {
      stalled: (thread, silentFor) => this.#stalled(thread, silentFor),
      recovered: (thread, silentFor) => this.#recovered(thread, silentFor),
      overdue: (thread, silentFor) => void this.#kill(thread, silentFor),
    });
  }

  get threads(): ThreadHandle[] {
    return [...this.#pool];
  }

  /** The threads that take connections, though perhaps not at this moment. */
  get candidates(): ThreadHandle[] {
    return this.#pool.candidates;
  }

  /** Whether no thread is there and none will come. */
  get isThreadless(): boolean {
    return this.#state === 'gave-up' && this.#pool.size === 0;
  }

  /**
   * Starts the first threads; resolves when all of them are ready.
   * @throws HandlerLoadError, or what else ended a thread; none is left running then.
   */
  async start(): Promise<void> {
    await this.#loadGeneration();
    if (this.#state !== 'loading') return;
    this.#state = 'running';
    this.#watchdog.start();
    if (this.#options.pool.elastic) this.#sampleTimer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /**
   * Replaces all threads by new ones that load the handler anew. Resolves when the new ones have taken over; the old
   * ones drain for `timeout` milliseconds at most. Calls during a reload share the next one.
   * @throws HandlerLoadError, or what else ended a new thread: the old ones stay.
   */
  reload(timeout: number): Promise<void> {
    if (!this.#reload) {
      this.#reload = this.#replaceGeneration(timeout).finally(() => (this.#reload = undefined));
      return this.#reload;
    }
    this.#nextReload ??= this.#reload
      .catch(() => {})
      .then(() => {
        this.#nextReload = undefined;
        return this.reload(timeout);
      });
    return this.#nextReload;
  }

  /** Tells, after each change, how many clients wait for a thread; a pool may grow for them, and for one that is taken. */
  setWaiting(waiting: number): void {
    const isNews = waiting !== this.#pool.waiting;
    this.#pool.waiting = waiting;
    // Without news a fixed pool has nothing to do, and this is said for each connection.
    if (isNews || this.#options.pool.oneShot) this.#reconcile();
  }

  /** Asks the threads to tell of room that comes up from now on. */
  wantRoom(): void {
    for (const thread of this.#pool) thread.wantRoom();
  }

  /**
   * Lets the connections end, then the threads; past `timeout` milliseconds ends both. A later call may shorten
   * the time.
   */
  close(timeout: number): Promise<void> {
    if (this.#state !== 'closing') {
      this.#state = 'closing';
      clearTimeout(this.#restartTimer);
      clearInterval(this.#sampleTimer);
      this.#watchdog.stop();
      for (const thread of this.#pool) thread.drain(true);
    }
    this.#empty ??= Promise.withResolvers();
    this.#deadlines.add(new DrainDeadline(this.#pool, timeout));
    this.#stopIdle();
    this.#resolveWhenEmpty();
    return this.#empty.promise;
  }

  async #replaceGeneration(timeout: number): Promise<void> {
    this.#refuseWhenClosing();
    let old: ThreadHandle[];
    try {
      old = await this.#loadGeneration();
    } catch (error) {
      this.#refuseWhenClosing();
      throw error;
    }
    this.#refuseWhenClosing();
    this.#restart = new RestartPolicy(this.#options.restart);
    this.#state = 'running';
    for (const thread of old) thread.drain(false);
    this.#deadlines.add(new DrainDeadline(old, timeout));
    this.#stopIdle();
    this.#reconcile();
    this.#events.reloaded();
    this.#events.room();
  }

  #refuseWhenClosing(): void {
    if (this.#state === 'closing') throw new ThreadError('ERR_SERVER_CLOSED', 'the server is closing');
  }

  /**
   * Starts the threads of a new generation, which takes over when all of them are ready.
   * @returns the threads of those before.
   */
  async #loadGeneration(): Promise<ThreadHandle[]> {
    const generation = this.#pool.generation + 1;
    const threads = Array.from({ length: this.#pool.sizeAtStart }, () => this.#startThread(generation));
    try {
      await Promise.all(threads.map(({ ready }) => ready));
    } catch (error) {
      await Promise.all(threads.map((thread) => thread.terminate()));
      throw error;
    }
    return this.#pool.nextGeneration();
  }

  #startThread(generation: number): ThreadHandle {
    const thread: ThreadHandle = new ThreadHandle(
      { ...this.#options.thread, id: ++this.#lastId, generation },
      {
        ready: () => {
          this.#events.started(thread);
          this.#events.room();
        },
        ended: (_, ends) => this.#ended(thread, ends),
        room: () => this.#events.room(),
        handlerError: this.#events.handlerError,
        exit: (_, end) => this.#exited(thread, end),
      },
    );
    this.#pool.add(thread);
    return thread;
  }

  #ended(thread: ThreadHandle, ends: readonly EndReport[]): void {
    this.#events.ended(ends);
    if (this.#options.pool.oneShot && thread.connections === 0) thread.retire();
    this.#stopIdle();
    this.#reconcile();
    this.#events.room();
  }

  #stopIdle(): void {
    for (const thread of this.#pool) {
      if (thread.state === 'retiring' && thread.connections === 0) thread.stop();
    }
  }

  #stalled(thread: ThreadHandle, silentFor: number): void {
    thread.isStalled = true;
    this.#events.stalled(thread, silentFor);
    this.#reconcile();
  }

  #recovered(thread: ThreadHandle, silentFor: number): void {
    thread.isStalled = false;
    this.#events.recovered(thread, silentFor);
    this.#retireSurplus();
    this.#events.room();
  }

  async #kill(thread: ThreadHandle, silentFor: number): Promise<void> {
    await this.#events.killing(thread, silentFor);
    if (thread.isStalled) await thread.terminate('thread-stall');
  }

  /** A stalled thread that came back leaves its replacement over. */
  #retireSurplus(): void {
    for (const thread of this.#pool.surplus) thread.retire();
    this.#stopIdle();
  }

  #sample(): void {
    const { elastic } = this.#options.pool;
    // A stalled one has its replacement among the others.
    const { ready } = this.#pool;
    if (!elastic || ready.length === 0) return;
    const samples = ready.map((thread) => ({
      thread,
      connections: thread.connections,
      idleSince: thread.idleSince,
      utilization: thread.takeUtilization(),
    }));
    const { grow, retire } = adjust(samples, elastic, performance.now());
    if (grow) {
      this.#pool.grown = ready.length + 1;
      this.#reconcile();
    } else if (retire) {
      this.#pool.grown = ready.length - 1;
      retire.thread.retire();
      this.#stopIdle();
    }
  }

  #exited(thread: ThreadHandle, end: ThreadEnd): void {
    this.#pool.remove(thread);
    for (const deadline of this.#deadlines) if (deadline.forget(thread)) this.#deadlines.delete(deadline);
    this.#events.exited(thread, end);
    if (this.#state === 'running' && !isPlanned(end) && thread.generation === this.#pool.generation)
      this.#crashed(end);
    this.#reconcile();
    this.#resolveWhenEmpty();
    this.#events.room();
  }

  #crashed(end: ThreadEnd): void {
    const delay = this.#restart.crashed(performance.now());
    if (delay === undefined) {
      this.#state = 'gave-up';
      clearTimeout(this.#restartTimer);
      const { maxCrashes, crashWindow } = this.#options.restart;
      const what = `${maxCrashes} threads crashed within ${crashWindow} ms (maxCrashes, crashWindow): none is started any more`;
      this.#events.gaveUp(new ThreadError('ERR_CRASH_LOOP', what, { cause: end.error }));
    } else if (delay > 0) {
      clearTimeout(this.#restartTimer);
      this.#restartTimer = setTimeout(() => {
        this.#restartTimer = undefined;
        this.#reconcile();
      }, delay);
    }
  }

  /** Starts what is missing, unless a crash holds that back. */
  #reconcile(): void {
    if (this.#state !== 'running' || this.#restartTimer) return;
    for (let { missing } = this.#pool; missing > 0; missing--) this.#startThread(this.#pool.generation);
  }

  #resolveWhenEmpty(): void {
    if (!this.#empty || this.#pool.size > 0) return;
    for (const deadline of this.#deadlines) deadline.cancel();
    this.#empty.resolve();
  }
}
