/** The threads there are: who belongs to the generation in force, who takes connections, how many are missing or left over. */
import type { PoolPolicy } from './pool-policy.ts';
import type { ThreadHandle } from './thread-handle.ts';

/** With their replacements, stalled threads may make a pool so many times its size; not more. */
const MAX_SURPLUS_FACTOR = 2;

export class Pool {
  readonly #policy: PoolPolicy;
  readonly #threads = new Map<number, ThreadHandle>();
  #generation = 0;
  /** Clients that wait for a thread. */
  waiting = 0;
  /** What an elastic pool has grown to. */
  grown = 0;

  constructor(policy: PoolPolicy) {
    this.#policy = policy;
  }

  /** Which load of the handler is in force. */
  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#threads.size;
  }

  [Symbol.iterator](): IterableIterator<ThreadHandle> {
    return this.#threads.values();
  }

  add(thread: ThreadHandle): void {
    this.#threads.set(thread.id, thread);
  }

  remove(thread: ThreadHandle): void {
    this.#threads.delete(thread.id);
  }

  /**
   * Puts the next generation in force.
   * @returns the threads of those before.
   */
  nextGeneration(): ThreadHandle[] {
    this.#generation++;
    return [...this].filter(({ generation }) => generation < this.#generation);
  }

  /** The threads that take connections, though perhaps not at this moment. */
  get candidates(): ThreadHandle[] {
    const { capacity, oneShot } = this.#policy;
    const candidates: ThreadHandle[] = [];
    for (const thread of this.#threads.values()) {
      if (thread.generation !== this.#generation || thread.state !== 'ready') continue;
      if (thread.connections < capacity && !(oneShot && thread.served > 0)) candidates.push(thread);
    }
    return candidates;
  }

  /** The threads in force that are ready, whether they take more connections or not. */
  get ready(): ThreadHandle[] {
    return this.#current.filter(({ state }) => state === 'ready');
  }

  /** How many threads a new generation begins with. */
  get sizeAtStart(): number {
    const { oneShot, initial } = this.#policy;
    return oneShot ? initial : this.#wanted([]);
  }

  /** How many threads to start, so that there are as many as the policy wants. */
  get missing(): number {
    const { oneShot, max } = this.#policy;
    const current = this.#current;
    // A thread of one connection counts until it is gone, so that its maximum bounds what exists.
    const counted = oneShot ? current : this.#usable;
    const room = MAX_SURPLUS_FACTOR * max - current.length;
    return Math.max(0, Math.min(this.#wanted(counted) - counted.length, room));
  }

  /** The threads beyond those the policy wants: the ones with the fewest connections. */
  get surplus(): ThreadHandle[] {
    const usable = this.#usable;
    const byConnections = usable.toSorted((a, b) => a.connections - b.connections || b.id - a.id);
    return byConnections.slice(0, Math.max(0, usable.length - this.#wanted(usable)));
  }

  get #current(): ThreadHandle[] {
    return [...this].filter(({ generation }) => generation === this.#generation);
  }

  get #usable(): ThreadHandle[] {
    return this.#current.filter(({ state }) => state === 'ready' || state === 'starting');
  }

  #wanted(threads: readonly ThreadHandle[]): number {
    const busy = threads.filter(({ connections, state }) => connections > 0 || state === 'retiring').length;
    return this.#policy.wanted({ busy, waiting: this.waiting, grown: this.grown });
  }
}
