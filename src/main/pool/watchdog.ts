/** Watches the heartbeats of threads that are ready or retiring. */
import type { ThreadHandle } from './thread-handle.ts';

/** When a thread counts as stalled. */
export interface WatchdogLimits {
  /** Milliseconds of silence; 0 for never. */
  readonly stallTimeout: number;
  /** Milliseconds of silence after which a thread is terminated; 0 for never. */
  readonly killStalledAfter: number;
}

/** What a watchdog reports. */
export interface WatchdogEvents {
  stalled(thread: ThreadHandle, silentFor: number): void;
  recovered(thread: ThreadHandle, silentFor: number): void;
  /** Silent for `killStalledAfter`; told once. */
  overdue(thread: ThreadHandle, silentFor: number): void;
}

interface Pulse {
  beat: number;
  at: number;
  isOverdue: boolean;
}

const CHECKS_PER_TIMEOUT = 4;
const SHORTEST_CHECK_MS = 10;

export class Watchdog {
  readonly #limits: WatchdogLimits;
  readonly #threads: Iterable<ThreadHandle>;
  readonly #events: WatchdogEvents;
  readonly #pulses = new WeakMap<ThreadHandle, Pulse>();
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;
  #lastCheck = 0;

  constructor(limits: WatchdogLimits, threads: Iterable<ThreadHandle>, events: WatchdogEvents) {
    this.#limits = limits;
    this.#threads = threads;
    this.#events = events;
    this.#interval = Math.max(SHORTEST_CHECK_MS, Math.floor(limits.stallTimeout / CHECKS_PER_TIMEOUT));
  }

  start(): void {
    if (this.#limits.stallTimeout === 0 || this.#timer) return;
    this.#lastCheck = performance.now();
    this.#timer = setInterval(() => this.#check(performance.now()), this.#interval);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(now: number): void {
    // When main itself was held up, nobody's silence can be told from its own.
    const isLate = now - this.#lastCheck > 2 * this.#interval;
    const lateBy = isLate ? now - this.#lastCheck : 0;
    this.#lastCheck = now;
    for (const thread of this.#threads) {
      if (thread.state === 'starting' || thread.state === 'exited') continue;
      this.#look(thread, now, lateBy);
    }
  }

  #look(thread: ThreadHandle, now: number, lateBy: number): void {
    const { heartbeat } = thread;
    const pulse = this.#pulses.get(thread);
    if (!pulse) {
      this.#pulses.set(thread, { beat: heartbeat, at: now, isOverdue: false });
      return;
    }
    pulse.at += lateBy;
    const silentFor = Math.round(now - pulse.at);
    if (heartbeat !== pulse.beat) {
      Object.assign(pulse, { beat: heartbeat, at: now, isOverdue: false });
      if (thread.isStalled) this.#events.recovered(thread, silentFor);
      return;
    }
    const { stallTimeout, killStalledAfter } = this.#limits;
    if (!thread.isStalled && silentFor >= stallTimeout) this.#events.stalled(thread, silentFor);
    if (killStalledAfter > 0 && thread.isStalled && silentFor >= killStalledAfter && !pulse.isOverdue) {
      pulse.isOverdue = true;
      this.#events.overdue(thread, silentFor);
    }
  }
}
