/** Main's half of the driver over io_uring: one ring for accepting, and the gates to the threads. */
import type { ListenerEvents, ListenerOptions, MainDriver, ThreadMemory } from '../transport.ts';
import { UringGate } from './gate.ts';
import { Acceptors, UringListener } from './listener.ts';
import { Loop } from './loop.ts';
import { destroyRing, makeRing } from './ring.ts';
import { ACCEPT, MOVE } from './user-data.ts';

const ENTRIES = 256;

export class UringMainDriver implements MainDriver {
  readonly #memory: ThreadMemory;
  readonly #parts = makeRing(ENTRIES);
  readonly #loop: Loop;
  readonly #acceptors: Acceptors;
  readonly #gates = new Map<number, UringGate>();
  #lastGate = 0;

  /** @param memory what each thread may take. */
  constructor(memory: ThreadMemory) {
    this.#memory = memory;
    this.#loop = new Loop(this.#parts, (whose, what, result, flags) => {
      if (what === ACCEPT) this.#acceptors.accepted(whose, result, flags);
      // It was short of memory: the thread must hear of its arrivals all the same.
      else if (what === MOVE && result < 0) setImmediate(() => this.#gates.get(whose)?.tell());
    });
    this.#acceptors = new Acceptors(this.#loop);
  }

  createListener(options: ListenerOptions, events: ListenerEvents): UringListener {
    return new UringListener(this.#acceptors, options, events);
  }

  openGate(): UringGate {
    const number = ++this.#lastGate;
    const gate = new UringGate(this.#loop, number, this.#memory, () => this.#gates.delete(number));
    this.#gates.set(number, gate);
    return gate;
  }

  close(): void {
    this.#loop.close();
    destroyRing(this.#parts);
  }
}
