import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Counters, type CounterSnapshot } from '../shared/counters.ts';
import { HandlerLoadError, ThreadError } from '../shared/errors.ts';
import { fromPortableError } from '../shared/portable-error.ts';
import {
  dispatchAct,
  type ActTable,
  type Closed,
  type Endpoint,
  type FromThread,
  type ThreadStart,
  type ToThread,
} from '../shared/protocol.ts';
import type { LedgerEntry } from './ledger.ts';

/** What a thread is doing. */
export type ThreadState = 'starting' | 'ready' | 'retiring' | 'exited';

/** How a thread ended, and the close reason of the connections that ended with it. */
export interface ThreadEnd {
  readonly reason:
    | 'retired'
    | 'load-failed'
    | 'thread-crash'
    | 'thread-exit'
    | 'thread-memory'
    | 'terminated';
  readonly exitCode: number;
  readonly error?: unknown;
}

/** What a thread's handle reports. */
export interface ThreadEvents {
  ready(thread: ThreadHandle): void;
  closed(thread: ThreadHandle, ends: readonly Closed[]): void;
  room(): void;
  handlerError(thread: ThreadHandle, failure: { connectionId: number; peer: Endpoint; error: unknown }): void;
  /** The thread is gone; nothing follows. */
  exit(thread: ThreadHandle, end: ThreadEnd): void;
}

/** What a thread is started with. */
export interface ThreadOptions extends Omit<ThreadStart, 'counters'> {
  /** Heap limit in MiB; 0 leaves V8's own. */
  readonly memoryLimit: number;
  /** Milliseconds until it must be ready. */
  readonly startTimeout: number;
}

/** Hand-offs a thread may have that it hasn't acknowledged: so many clients at most hang with it when it hangs. */
const MAX_UNACKNOWLEDGED = 32;

const entry = new URL(`../thread/entry${extname(import.meta.url)}`, import.meta.url);

/** Main's view of one thread. */
export class ThreadHandle {
  readonly id: number;
  readonly since = Date.now();
  /** Connections handed to it that haven't ended. */
  connections = 0;
  /** Connections ever handed to it. */
  served = 0;
  readonly #worker: Worker;
  readonly #counters = new Counters();
  readonly #events: ThreadEvents;
  readonly #handler: string;
  readonly #startTimer: NodeJS.Timeout;
  #state: ThreadState = 'starting';
  #end: Omit<ThreadEnd, 'exitCode'> | undefined;

  constructor({ memoryLimit, startTimeout, ...start }: ThreadOptions, events: ThreadEvents) {
    this.id = start.id;
    this.#events = events;
    this.#handler = start.handler;
    this.#worker = new Worker(entry, {
      name: `multithread-server ${start.id}`,
      workerData: { ...start, counters: this.#counters.buffer } satisfies ThreadStart,
      ...(memoryLimit > 0 && { resourceLimits: { maxOldGenerationSizeMb: memoryLimit } }),
    });
    this.#worker.on('message', (message) => dispatchAct<FromThread>(this.#acts, message));
    this.#worker.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    this.#worker.on('exit', (exitCode) => this.#exited(exitCode));
    this.#startTimer = setTimeout(() => this.#startTimedOut(startTimeout), startTimeout);
  }

  readonly #acts = {
    ready: () => {
      clearTimeout(this.#startTimer);
      if (this.#state !== 'starting') return;
      this.#state = 'ready';
      this.#events.ready(this);
    },
    'load-failed': ({ why, error }) => {
      const cause = fromPortableError(error);
      this.#end ??= { reason: 'load-failed', error: new HandlerLoadError(this.#handler, why, { cause }) };
    },
    closed: ({ ends }) => {
      this.connections -= ends.length;
      this.#events.closed(this, ends);
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
    return this.#state;
  }

  get counters(): CounterSnapshot {
    return this.#counters.snapshot();
  }

  /** Whether it may be sent one more connection now: not one that is known to end, which would take it along. */
  get hasRoom(): boolean {
    const unacknowledged = (this.served - this.#counters.acknowledged) | 0;
    return this.#state === 'ready' && !this.#end && unacknowledged < MAX_UNACKNOWLEDGED;
  }

  /** Asks for a `room` event at the next acknowledgement. */
  wantRoom(): void {
    this.#counters.wantRoom();
  }

  /**
   * Moves a socket to the thread.
   * @returns false when it stayed here because the thread is gone.
   * @throws what Node throws for a socket that can't be moved: it is destroyed already, for example.
   */
  serve({ id, peer, local }: LedgerEntry, socket: Socket): boolean {
    const message: ToThread = { act: 'serve', connectionId: id, peer, local, socket };
    // oxlint-disable-next-line typescript/no-explicit-any -- @types/node doesn't list Socket as transferable yet
    this.#worker.postMessage(message, [socket as any]);
    // A thread that has exited takes nothing and says nothing; its exit event is under way.
    if (!socket.destroyed) {
      this.#state = 'retiring';
      return false;
    }
    this.connections++;
    this.served++;
    return true;
  }

  /** No more connections; its handlers learn that their time is limited. */
  retire(): void {
    if (this.#state === 'exited') return;
    clearTimeout(this.#startTimer);
    this.#state = 'retiring';
    this.#post({ act: 'drain' });
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
  async terminate(): Promise<void> {
    this.#end ??= { reason: 'terminated' };
    await this.#worker.terminate();
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
    const wasStarting = this.#state === 'starting';
    this.#state = 'exited';
    const end = this.#end ?? { reason: 'thread-exit' as const };
    const error =
      end.error ??
      (wasStarting && end.reason === 'thread-exit'
        ? new ThreadError(
            'ERR_THREAD_START',
            `thread ${this.id} exited with code ${exitCode} before it was ready`,
          )
        : undefined);
    this.#events.exit(this, { reason: end.reason, exitCode, error });
  }
}
