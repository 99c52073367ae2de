import { ThreadError } from '../shared/errors.ts';
import type { Closed } from '../shared/protocol.ts';
import type { PoolPolicy } from './pool-policy.ts';
import { RestartPolicy, type RestartLimits } from './restart-policy.ts';
import { ThreadHandle, type ThreadEnd, type ThreadEvents, type ThreadOptions } from './thread-handle.ts';

/** What a supervisor needs. */
export interface SupervisorOptions {
  readonly pool: PoolPolicy;
  readonly restart: RestartLimits;
  readonly thread: Omit<ThreadOptions, 'id'>;
}

/** What a supervisor reports. */
export interface SupervisorEvents {
  started(thread: ThreadHandle): void;
  closed(thread: ThreadHandle, ends: readonly Closed[]): void;
  handlerError: ThreadEvents['handlerError'];
  exited(thread: ThreadHandle, end: ThreadEnd): void;
  /** A thread may have become able to take a connection. */
  room(): void;
  /** Threads crashed too often; none is started any more. */
  gaveUp(error: ThreadError): void;
}

/** Once the deadline is past: milliseconds a thread has to end its connections and tear down before it is terminated. */
const KILL_GRACE_MS = 1000;

/** Keeps as many threads as the pool wants: starts, replaces, retires and ends them. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #events: SupervisorEvents;
  readonly #restart: RestartPolicy;
  readonly #threads = new Map<number, ThreadHandle>();
  #lastId = 0;
  #waiting = 0;
  #state: 'loading' | 'running' | 'gave-up' | 'closing' = 'loading';
  #restartTimer: NodeJS.Timeout | undefined;
  #initial = Promise.withResolvers<void>();
  #empty: PromiseWithResolvers<void> | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions, events: SupervisorEvents) {
    this.#options = options;
    this.#events = events;
    this.#restart = new RestartPolicy(options.restart);
  }

  get threads(): ThreadHandle[] {
    return [...this.#threads.values()];
  }

  /** The threads that can take a connection now. */
  get candidates(): ThreadHandle[] {
    const { capacity, oneShot } = this.#options.pool;
    return this.threads.filter(
      (thread) => thread.hasRoom && thread.connections < capacity && !(oneShot && thread.served > 0),
    );
  }

  /** Whether no thread is there and none will come. */
  get isHopeless(): boolean {
    return this.#state === 'gave-up' && this.#threads.size === 0;
  }

  /**
   * Starts the first threads; resolves when all of them are ready.
   * @throws HandlerLoadError, or what else ended a thread; none is left running then.
   */
  async start(): Promise<void> {
    for (let started = 0; started < this.#options.pool.initial; started++) this.#startThread();
    try {
      await this.#initial.promise;
    } catch (error) {
      await this.close(0);
      throw error;
    }
    if (this.#state === 'loading') this.#state = 'running';
  }

  /** Tells how many clients wait for a thread. */
  setWaiting(waiting: number): void {
    this.#waiting = waiting;
    this.#reconcile();
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
      for (const thread of this.#threads.values()) thread.retire();
    }
    this.#empty ??= Promise.withResolvers();
    clearTimeout(this.#deadlineTimer);
    if (timeout > 0) this.#deadlineTimer = setTimeout(() => this.#pastDeadline(), timeout);
    else this.#pastDeadline();
    this.#stopIdle();
    this.#resolveWhenEmpty();
    return this.#empty.promise;
  }

  #pastDeadline(): void {
    for (const thread of this.#threads.values()) thread.endConnections();
    this.#deadlineTimer = setTimeout(() => {
      for (const thread of this.#threads.values()) void thread.terminate();
    }, KILL_GRACE_MS);
  }

  #startThread(): void {
    const thread = new ThreadHandle(
      { ...this.#options.thread, id: ++this.#lastId },
      {
        ready: () => this.#ready(thread),
        closed: (_, ends) => this.#closed(thread, ends),
        room: () => this.#events.room(),
        handlerError: this.#events.handlerError,
        exit: (_, end) => this.#exited(thread, end),
      },
    );
    this.#threads.set(thread.id, thread);
  }

  #ready(thread: ThreadHandle): void {
    this.#events.started(thread);
    if (this.threads.every(({ state }) => state !== 'starting')) this.#initial.resolve();
    this.#events.room();
  }

  #closed(thread: ThreadHandle, ends: readonly Closed[]): void {
    this.#events.closed(thread, ends);
    if (this.#options.pool.oneShot && thread.connections === 0 && thread.state === 'ready') {
      thread.retire();
    }
    this.#stopIdle();
    this.#reconcile();
    this.#events.room();
  }

  #stopIdle(): void {
    for (const thread of this.#threads.values()) {
      if (thread.state === 'retiring' && thread.connections === 0) thread.stop();
    }
  }

  #exited(thread: ThreadHandle, end: ThreadEnd): void {
    this.#threads.delete(thread.id);
    this.#events.exited(thread, end);
    if (this.#state === 'loading') {
      this.#initial.reject(
        end.error ?? new ThreadError('ERR_THREAD_START', `thread ${thread.id} ended: ${end.reason}`),
      );
    } else if (this.#state === 'running' && end.reason !== 'retired') {
      this.#crashed(end);
    }
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
    const { pool } = this.#options;
    // A thread of one connection counts until it is gone, so that its maximum bounds what exists.
    const counted = this.threads.filter(({ state }) => pool.oneShot || state !== 'retiring');
    const busy = counted.filter(({ connections, state }) => connections > 0 || state === 'retiring').length;
    const missing = pool.wanted({ busy, waiting: this.#waiting }) - counted.length;
    for (let started = 0; started < missing; started++) this.#startThread();
  }

  #resolveWhenEmpty(): void {
    if (!this.#empty || this.#threads.size > 0) return;
    clearTimeout(this.#deadlineTimer);
    this.#empty.resolve();
  }
}
