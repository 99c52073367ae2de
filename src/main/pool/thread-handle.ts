/** Main's view of one thread. */
import type { Worker } from 'node:worker_threads';
import { Counters, type CounterSnapshot } from '../../base/counters.ts';
import { HandlerLoadError, ThreadError } from '../../base/errors.ts';
import { fromPortableError } from '../../base/portable-error.ts';
import type { Endpoint } from '../../base/endpoint.ts';
import {
  dispatchAct,
  type ActTable,
  type EndReport,
  type FromThread,
  type ThreadStart,
  type ToThread,
} from '../../protocol/messages.ts';
import type { Accepted, Gate, MainDriver } from '../../transport/transport.ts';
import { startWorker } from './start-worker.ts';
import type { ThreadEnd } from './thread-end.ts';

/** What a thread is doing. A retiring one takes no more connections and ends with its last. */
export type ThreadState = 'starting' | 'ready' | 'stalled' | 'retiring' | 'exited';

/** What a thread's handle reports. */
export interface ThreadEvents {
  ready(thread: ThreadHandle): void;
  ended(thread: ThreadHandle, ends: readonly EndReport[]): void;
  room(): void;
  handlerError(thread: ThreadHandle, failure: { id: number; peer: Endpoint; error: unknown }): void;
  /** The thread is gone; nothing follows. */
  exit(thread: ThreadHandle, end: ThreadEnd): void;
}

/** What a thread is started with. */
export interface ThreadOptions extends Omit<ThreadStart, 'counters' | 'transport'> {
  readonly driver: MainDriver;
  /** The module that its Worker runs first. */
  readonly entry: URL;
  /** Which load of the handler it belongs to. */
  readonly generation: number;
  /** Heap limit in MiB; 0 leaves V8's own. */
  readonly memoryLimit: number;
  /** The same for its young generation. */
  readonly youngMemoryLimit: number;
  /** Milliseconds until it must be ready. */
  readonly startTimeout: number;
}

/** Hand-offs a thread may have that it hasn't acknowledged: so many clients at most hang with it when it hangs. */
const MAX_UNACKNOWLEDGED = 32;

export class ThreadHandle {
  readonly id: number;
  readonly generation: number;
  readonly since = Date.now();
  /** Resolves when it is ready; rejects with what ended it before. */
  readonly ready: Promise<void>;
  /** Connections handed to it that haven't ended. */
  connections = 0;
  /** Connections ever handed to it. */
  served = 0;
  /** Since when it has had no connection, on the clock of `performance.now()`. */
  idleSince = performance.now();
  /** Set by the supervisor while its event loop doesn't turn. */
  isStalled = false;
  readonly #worker: Worker;
  readonly #gate: Gate;
  readonly #counters = new Counters();
  readonly #events: ThreadEvents;
  readonly #handler: string;
  readonly #startTimer: NodeJS.Timeout;
  readonly #ready = Promise.withResolvers<void>();
  #phase: Exclude<ThreadState, 'stalled'> = 'starting';
  #end: Omit<ThreadEnd, 'exitCode'> | undefined;
  #lastLoop: ReturnType<Worker['performance']['eventLoopUtilization']> | undefined;

  constructor(
    { driver, entry, memoryLimit, youngMemoryLimit, startTimeout, generation, ...start }: ThreadOptions,
    events: ThreadEvents,
  ) {
    this.id = start.id;
    this.generation = generation;
    this.#events = events;
    this.#handler = start.handler;
    this.ready = this.#ready.promise;
    this.ready.catch(() => {});
    this.#gate = driver.openGate();
    this.#worker = startWorker(entry, {
      name: `multithread-server ${start.id}`,
      workerData: {
        ...start,
        counters: this.#counters.buffer,
        transport: this.#gate.start,
      } satisfies ThreadStart,
      resourceLimits: {
        ...(memoryLimit > 0 && { maxOldGenerationSizeMb: memoryLimit }),
        ...(youngMemoryLimit > 0 && { maxYoungGenerationSizeMb: youngMemoryLimit }),
      },
    });
    this.#worker.on('message', (message) => dispatchAct<FromThread>(this.#acts, message));
    this.#worker.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    this.#worker.on('exit', (exitCode) => this.#exited(exitCode));
    this.#startTimer = setTimeout(() => this.#startTimedOut(startTimeout), startTimeout);
  }

  readonly #acts = {
    ready: () => {
      clearTimeout(this.#startTimer);
      if (this.#phase !== 'starting') return;
      this.#phase = 'ready';
      // What it took to load the handler says nothing about the clients' load.
      this.takeUtilization();
      this.#ready.resolve();
      this.#events.ready(this);
    },
    'load-failed': ({ why, error }) => {
      const cause = fromPortableError(error);
      this.#end ??= { reason: 'load-failed', error: new HandlerLoadError(this.#handler, why, { cause }) };
    },
    ended: ({ ends }) => {
      for (const { id } of ends) this.#gate.forget(id);
      this.connections -= ends.length;
      if (this.connections === 0) this.idleSince = performance.now();
      this.#events.ended(this, ends);
    },
    room: () => this.#events.room(),
    'handler-error': (message) => {
      this.#events.handlerError(this, { ...message, error: fromPortableError(message.error) });
    },
    crashed: ({ error }) => {
      if (!this.#end || this.#end.reason === 'retired') {
        this.#end = { reason: 'thread-crash', error: fromPortableError(error) };
      }
    },
    exiting: () => {
      this.#end ??= { reason: 'thread-exit' };
    },
  } satisfies ActTable<FromThread>;

  get state(): ThreadState {
    return this.isStalled && this.#phase === 'ready' ? 'stalled' : this.#phase;
  }

  get counters(): CounterSnapshot {
    return this.#counters.snapshot();
  }

  /** Beats of its event loop. */
  get heartbeat(): number {
    return this.#counters.heartbeat;
  }

  /** Whether it may be sent one more connection now: not one that is known to end, which would take it along. */
  get hasRoom(): boolean {
    const unacknowledged = (this.served - this.#counters.acknowledged) | 0;
    return this.state === 'ready' && !this.#end && unacknowledged < MAX_UNACKNOWLEDGED;
  }

  /** Asks for a `room` event at the next acknowledgement. */
  wantRoom(): void {
    this.#counters.wantRoom();
  }

  /**
   * Moves a connection to the thread.
   * @param id the connection's.
   * @returns false when it stayed here because the thread is gone.
   * @throws what the system says of a connection that can't be moved: it is gone already, for example.
   */
  serve(id: number, accepted: Accepted): boolean {
    if (!this.#gate.move(this.#worker, id, accepted)) {
      this.#phase = 'retiring';
      return false;
    }
    this.connections++;
    this.served++;
    return true;
  }

  /** No more connections. */
  retire(): void {
    if (this.#phase === 'exited') return;
    clearTimeout(this.#startTimer);
    this.#phase = 'retiring';
  }

  /** The same, and its handlers learn that their time is limited. */
  drain(isClosing: boolean): void {
    if (this.#phase === 'exited') return;
    this.retire();
    this.#post({ act: 'drain', isClosing });
  }

  /** Ends its connections with `server-drain`. */
  endConnections(): void {
    this.#post({ act: 'end-connections' });
  }

  /** Lets it tear down and exit. */
  stop(): void {
    if (this.#end) return;
    this.#end = { reason: 'retired' };
    this.#post({ act: 'stop' });
  }

  /** Ends it wherever it is. */
  async terminate(reason: 'terminated' | 'thread-stall' = 'terminated'): Promise<void> {
    this.#end ??= { reason };
    await this.#worker.terminate();
  }

  /** The share of time its event loop was busy since the last call, from 0 to 1. */
  takeUtilization(): number {
    const { eventLoopUtilization } = this.#worker.performance;
    const now = eventLoopUtilization();
    const { utilization } = this.#lastLoop ? eventLoopUtilization(now, this.#lastLoop) : now;
    this.#lastLoop = now;
    return utilization;
  }

  /** The same since it started. */
  get totalUtilization(): number {
    // Node's own sum may exceed the whole by a hair.
    return Math.min(1, this.#worker.performance.eventLoopUtilization().utilization);
  }

  /** CPU time it has used, in milliseconds. */
  async cpuTime(): Promise<{ user: number; system: number }> {
    const { user, system } = await this.#worker.cpuUsage();
    return { user: user / 1000, system: system / 1000 };
  }

  async heapBytes(): Promise<{ used: number; limit: number }> {
    const { used_heap_size: used, heap_size_limit: limit } = await this.#worker.getHeapStatistics();
    return { used, limit };
  }

  startCpuProfile(): ReturnType<Worker['startCpuProfile']> {
    return this.#worker.startCpuProfile();
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #startTimedOut(milliseconds: number): void {
    const why = `it wasn't ready within ${milliseconds} ms (startTimeout)`;
    this.#end ??= { reason: 'load-failed', error: new HandlerLoadError(this.#handler, why) };
    void this.terminate();
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#end = { reason: 'thread-memory', error };
    else this.#end ??= { reason: 'thread-crash', error };
  }

  #exited(exitCode: number): void {
    clearTimeout(this.#startTimer);
    this.#gate.release();
    const wasStarting = this.#phase === 'starting';
    this.#phase = 'exited';
    const { reason, error }: Omit<ThreadEnd, 'exitCode'> = this.#end ?? { reason: 'thread-exit' };
    const early = `thread ${this.id} exited with code ${exitCode} before it was ready`;
    const cause = error ?? (wasStarting ? new ThreadError('ERR_THREAD_START', early) : undefined);
    this.#ready.reject(cause ?? new ThreadError('ERR_THREAD_START', early));
    this.#events.exit(this, { reason, exitCode, ...(cause !== undefined && { error: cause }) });
  }
}
