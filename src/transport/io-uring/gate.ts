/** The way to one thread, over io_uring. */
import type { Worker } from 'node:worker_threads';
import { IdTable } from '../../base/id-table.ts';
import { hasExited } from '../has-exited.ts';
import type { Accepted, Gate, ThreadMemory } from '../transport.ts';
import { IORING_OP_CLOSE, IORING_OP_MSG_RING } from './abi.ts';
import { ArrivalQueue } from './arrivals.ts';
import { close, disconnect } from './libc.ts';
import { destroyLinkParts, makeLinkParts, type LinkParts } from './links.ts';
import type { UringAccepted } from './listener.ts';
import type { Loop } from './loop.ts';
import type { UringStart } from './thread-driver.ts';
import { ARRIVALS, CLOSE, MOVE, userData } from './user-data.ts';

/**
 * The way to one thread. Main makes all that the thread needs of the system and owns every descriptor it serves, so that it
 * can take everything back, whatever ended the thread.
 */
export class UringGate implements Gate {
  readonly start: UringStart;
  readonly #loop: Loop;
  readonly #number: number;
  readonly #parts: LinkParts;
  readonly #queue = new ArrivalQueue();
  readonly #descriptors = new IdTable<number>();
  readonly #released: () => void;

  /**
   * @param number by which the driver knows it.
   * @param released called when it is gone.
   */
  constructor(loop: Loop, number: number, memory: ThreadMemory, released: () => void) {
    this.#released = released;
    this.#loop = loop;
    this.#number = number;
    this.#parts = makeLinkParts(memory);
    this.start = { driver: 'io-uring', parts: this.#parts, arrivals: this.#queue.memory };
  }

  move(worker: Worker, id: number, accepted: Accepted): boolean {
    const { fd, peerBytes, localBytes } = accepted as UringAccepted;
    if (hasExited(worker)) return false;
    if (!this.#queue.put(id, fd, peerBytes, localBytes)) throw new Error('the queue of the thread is full');
    this.#descriptors.add(id, fd);
    this.tell();
    return true;
  }

  /** Wakes the thread, which looks into its queue. */
  tell(): void {
    const { fd } = this.#parts.ring;
    this.#loop.ring.request(IORING_OP_MSG_RING, fd, userData(ARRIVALS, 0), 0, 0, 0, this.#number, MOVE);
    this.#loop.touch();
  }

  forget(id: number): void {
    const fd = this.#descriptors.remove(id);
    if (fd === undefined) return;
    this.#loop.ring.request(IORING_OP_CLOSE, fd, 0, 0, 0, 0, this.#number, CLOSE);
    this.#loop.touch();
  }

  release(): void {
    for (const fd of this.#descriptors.values()) {
      disconnect(fd);
      close(fd);
    }
    destroyLinkParts(this.#parts);
    this.#released();
  }
}
