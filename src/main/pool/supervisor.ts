import { ThreadError } from '../../base/errors.ts';
import type { EndReport } from '../../protocol/messages.ts';
import { DrainDeadline } from './drain-deadline.ts';
import { adjust, SAMPLE_MS } from './elastic.ts';
import type { PoolPolicy } from './pool-policy.ts';
import { RestartPolicy, type RestartLimits } from './restart-policy.ts';
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
  ended(thread: ThreadHandle, ends: readonly EndReport[]): void;
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

/** With their replacements, stalled threads may make a pool so many times its size; not more. */
const MAX_SURPLUS_FACTOR = 2;

/** Keeps as many threads as the pool wants: starts, replaces, retires and ends them. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #events: SupervisorEvents;
  readonly #watchdog: Watchdog;
  readonly #threads = new Map<number, ThreadHandle>();
  readonly #deadlines = new Set<DrainDeadline>();
  #restart: RestartPolicy;
  #lastId = 0;
  #generation = 0;
  #waiting = 0;
  #grown = 0;
  #state: 'loading' | 'running' | 'gave-up' | 'closing' = 'loading';
  #restartTimer: NodeJS.Timeout | undefined;
  #sampleTimer: NodeJS.Timeout | undefined;
  #reload: Promise<void> | undefined;
  #nextReload: Promise<void> | undefined;
  #empty: PromiseWithResolvers<void> | undefined;

  constructor(options: SupervisorOptions, events: SupervisorEvents) {
    this.#options = options;
    this.#events = events;
    this.#restart = new RestartPolicy(options.restart);
    this.#watchdog = new Watchdog(options.watchdog, () => this.#threads.values(), {
      stalled: (thread, silentFor) => this.#stalled(thread, silentFor),
      recovered: (thread, silentFor) => this.#recovered(thread, silentFor),
      hopeless: (thread, silentFor) => void this.#kill(thread, silentFor),
    });
  }

  get threads(): ThreadHandle[] {
    return [...this.#threads.values()];
  }

  /** The threads that take connections, though perhaps not at this moment. */
  get candidates(): ThreadHandle[] {
    const { capacity, oneShot } = this.#options.pool;
    const candidates: ThreadHandle[] = [];
    for (const thread of this.#threads.values()) {
      if (thread.generation !== this.#generation || thread.state !== 'ready') continue;
      if (thread.connections < capacity && !(oneShot && thread.served > 0)) candidates.push(thread);
    }
    return candidates;
  }

  /** Whether no thread is there and none will come. */
  get isHopeless(): boolean {
    return this.#state === 'gave-up' && this.#threads.size === 0;
  }

  get #current(): ThreadHandle[] {
    return this.threads.filter(({ generation }) => generation === this.#generation);
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

  /** Tells how many clients wait for a thread. */
  setWaiting(waiting: number): void {
    const isNews = waiting !== this.#waiting;
    this.#waiting = waiting;
    // Without news a fixed pool has nothing to do, and this is said for each connection.
    if (isNews || this.#options.pool.oneShot) this.#reconcile();
    if (waiting > 0) for (const thread of this.#threads.values()) thread.wantRoom();
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
      for (const thread of this.#threads.values()) thread.retire(true);
    }
    this.#empty ??= Promise.withResolvers();
    this.#deadlines.add(new DrainDeadline(this.#threads.values(), timeout));
    this.#stopIdle();
    this.#resolveWhenEmpty();
    return this.#empty.promise;
  }

  async #replaceGeneration(timeout: number): Promise<void> {
    this.#refuseWhenClosing();
    try {
      await this.#loadGeneration();
    } catch (error) {
      this.#refuseWhenClosing();
      throw error;
    }
    this.#refuseWhenClosing();
    this.#restart = new RestartPolicy(this.#options.restart);
    this.#state = 'running';
    const old = this.threads.filter(({ generation }) => generation < this.#generation);
    for (const thread of old) thread.retire(true);
    this.#deadlines.add(new DrainDeadline(old, timeout));
    this.#stopIdle();
    this.#reconcile();
    this.#events.reloaded();
    this.#events.room();
  }

  #refuseWhenClosing(): void {
    if (this.#state === 'closing') throw new ThreadError('ERR_SERVER_CLOSED', 'the server is closing');
  }

  /** Starts the threads of a new generation, which takes over when all of them are ready. */
  async #loadGeneration(): Promise<void> {
    const { pool } = this.#options;
    const generation = this.#generation + 1;
    const size = pool.oneShot ? pool.initial : pool.wanted({ busy: 0, waiting: 0, grown: this.#grown });
    const threads = Array.from({ length: size }, () => this.#startThread(generation));
    try {
      await Promise.all(threads.map(({ ready }) => ready));
    } catch (error) {
      await Promise.all(threads.map((thread) => thread.terminate()));
      throw error;
    }
    this.#generation = generation;
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
    this.#threads.set(thread.id, thread);
    return thread;
  }

  #ended(thread: ThreadHandle, ends: readonly EndReport[]): void {
    this.#events.ended(thread, ends);
    if (this.#options.pool.oneShot && thread.connections === 0) thread.retire(false);
    this.#stopIdle();
    this.#reconcile();
    this.#events.room();
  }

  #stopIdle(): void {
    for (const thread of this.#threads.values()) {
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

  /** A stalled thread that came back leaves its replacement over: the one with the fewest connections goes. */
  #retireSurplus(): void {
    const usable = this.#current.filter(({ state }) => state === 'ready' || state === 'starting');
    const surplus = usable.length - this.#wanted(usable);
    const goers = usable.toSorted((a, b) => a.connections - b.connections || b.id - a.id);
    for (const thread of goers.slice(0, Math.max(0, surplus))) thread.retire(false);
    this.#stopIdle();
  }

  #sample(): void {
    const { elastic } = this.#options.pool;
    // A stalled one has its replacement among the others.
    const usable = this.#current.filter(({ state }) => state === 'ready');
    if (!elastic || usable.length === 0) return;
    const samples = usable.map((thread) => ({
      thread,
      connections: thread.connections,
      idleSince: thread.idleSince,
      utilization: thread.takeUtilization(),
    }));
    const { grow, retire } = adjust(samples, elastic, performance.now());
    if (grow) {
      this.#grown = usable.length + 1;
      this.#reconcile();
    } else if (retire) {
      this.#grown = usable.length - 1;
      retire.thread.retire(false);
      this.#stopIdle();
    }
  }

  #exited(thread: ThreadHandle, end: ThreadEnd): void {
    this.#threads.delete(thread.id);
    for (const deadline of this.#deadlines) if (deadline.forget(thread)) this.#deadlines.delete(deadline);
    this.#events.exited(thread, end);
    if (this.#state === 'running' && !isPlanned(end) && thread.generation === this.#generation)
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
    const { oneShot, max } = this.#options.pool;
    const current = this.#current;
    // A thread of one connection counts until it is gone, so that its maximum bounds what exists.
    const counted = oneShot
      ? current
      : current.filter(({ state }) => state === 'ready' || state === 'starting');
    const room = MAX_SURPLUS_FACTOR * max - current.length;
    const missing = Math.min(this.#wanted(counted) - counted.length, room);
    for (let started = 0; started < missing; started++) this.#startThread(this.#generation);
  }

  #wanted(threads: readonly ThreadHandle[]): number {
    const busy = threads.filter(({ connections, state }) => connections > 0 || state === 'retiring').length;
    return this.#options.pool.wanted({ busy, waiting: this.#waiting, grown: this.#grown });
  }

  #resolveWhenEmpty(): void {
    if (!this.#empty || this.#threads.size > 0) return;
    for (const deadline of this.#deadlines) deadline.cancel();
    this.#empty.resolve();
  }
}
