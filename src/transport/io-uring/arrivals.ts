/** The queue in shared memory by which main moves connections to a thread: one writes, one reads. */
import type { Endpoint } from '../../base/endpoint.ts';
import { fromSockaddr, SOCKADDR_BYTES } from './sockaddr.ts';

/** More than a thread may have unacknowledged. */
const CAPACITY = 64;
const HEADER_BYTES = 8;
const WRITTEN = 0;
const READ = 1;
/** An entry: the id, the descriptor, both addresses, each behind its length. */
const ID = 0;
const FD = 8;
const PEER = 12;
const LOCAL = PEER + 1 + SOCKADDR_BYTES;
const ENTRY_BYTES = 8 * Math.ceil((LOCAL + 1 + SOCKADDR_BYTES) / 8);

/** A connection in the queue. */
export interface QueuedArrival {
  readonly id: number;
  readonly fd: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
}

export class ArrivalQueue {
  readonly memory: SharedArrayBuffer;
  readonly #counts: Int32Array;
  readonly #bytes: Buffer;

  constructor(memory = new SharedArrayBuffer(HEADER_BYTES + CAPACITY * ENTRY_BYTES)) {
    this.memory = memory;
    this.#counts = new Int32Array(memory, 0, 2);
    this.#bytes = Buffer.from(memory, HEADER_BYTES);
  }

  /**
   * Main's end.
   * @param peer and `local` as `struct sockaddr`.
   * @returns false when the queue is full.
   */
  put(id: number, fd: number, peer: Uint8Array, local: Uint8Array): boolean {
    const written = this.#counts[WRITTEN]!;
    if (((written - Atomics.load(this.#counts, READ)) | 0) === CAPACITY) return false;
    const at = (written & (CAPACITY - 1)) * ENTRY_BYTES;
    this.#bytes.writeDoubleLE(id, at + ID);
    this.#bytes.writeInt32LE(fd, at + FD);
    this.#putAddress(peer, at + PEER);
    this.#putAddress(local, at + LOCAL);
    Atomics.store(this.#counts, WRITTEN, (written + 1) | 0);
    return true;
  }

  /** The thread's end: the next, if there is one. */
  take(): QueuedArrival | undefined {
    const read = this.#counts[READ]!;
    if (read === Atomics.load(this.#counts, WRITTEN)) return undefined;
    const at = (read & (CAPACITY - 1)) * ENTRY_BYTES;
    const arrival = {
      id: this.#bytes.readDoubleLE(at + ID),
      fd: this.#bytes.readInt32LE(at + FD),
      peer: this.#addressAt(at + PEER),
      local: this.#addressAt(at + LOCAL),
    };
    Atomics.store(this.#counts, READ, (read + 1) | 0);
    return arrival;
  }

  #putAddress(address: Uint8Array, at: number): void {
    this.#bytes[at] = address.length;
    this.#bytes.set(address, at + 1);
  }

  #addressAt(at: number): Endpoint {
    return fromSockaddr(this.#bytes.subarray(at + 1, at + 1 + this.#bytes[at]!));
  }
}
