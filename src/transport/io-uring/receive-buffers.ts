/** The buffers of a thread that the kernel puts bytes into: it takes one when bytes come, so that idle connections hold none. */
import { BUF_BYTES, BUF_REG, IORING_REGISTER_PBUF_RING } from './abi.ts';
import { ioUringRegister } from './libc.ts';
import { bytesOf, mapMemory, unmap, type Area } from './memory.ts';

/** The one group of buffers a ring has. */
export const BUFFER_GROUP = 1;

/** Buffers as whoever made them hands them to the thread that is to use them. */
export interface BufferParts {
  /** Where buffers are given to the kernel. */
  readonly ring: Area;
  readonly memory: Area;
  /** Of buffers; a power of two. */
  readonly count: number;
  /** Bytes of each. */
  readonly size: number;
}

export function makeReceiveBuffers(count: number, size: number): BufferParts {
  const ring = mapMemory(count * BUF_BYTES);
  try {
    return { ring, memory: mapMemory(count * size), count, size };
  } catch (error) {
    unmap(ring);
    throw error;
  }
}

export function destroyReceiveBuffers({ ring, memory }: BufferParts): void {
  unmap(ring);
  unmap(memory);
}

/** Buffers in use. */
export class ReceiveBuffers {
  /** By number. Each a view of its own: a decoder that looks too far must not see what others have received. */
  readonly views: readonly Buffer[];
  readonly size: number;
  readonly #ring: Int32Array;
  readonly #ring16: Uint16Array;
  readonly #mask: number;
  readonly #address: number;
  #tail = 0;
  #published = 0;

  constructor({ ring, memory, count, size }: BufferParts) {
    const ringBytes = bytesOf(ring).buffer;
    const bytes = bytesOf(memory);
    this.views = Array.from({ length: count }, (_, buffer) =>
      bytes.subarray(buffer * size, (buffer + 1) * size),
    );
    this.size = size;
    this.#ring = new Int32Array(ringBytes);
    this.#ring16 = new Uint16Array(ringBytes);
    this.#mask = count - 1;
    this.#address = Number(memory.address);
  }

  /** Gives all of them to a ring. */
  register(ringFd: number, { ring, count }: BufferParts): void {
    const argument = Buffer.alloc(BUF_REG.size);
    argument.writeBigUInt64LE(ring.address, BUF_REG.ringAddr);
    argument.writeUInt32LE(count, BUF_REG.ringEntries);
    argument.writeUInt16LE(BUFFER_GROUP, BUF_REG.bgid);
    ioUringRegister(ringFd, IORING_REGISTER_PBUF_RING, argument, 1);
    for (let buffer = 0; buffer < count; buffer++) this.giveBack(buffer);
    this.publish();
  }

  /** Its bytes aren't needed any more; the kernel has it after {@link publish}. */
  giveBack(buffer: number): void {
    const at = (this.#tail & this.#mask) << 2;
    const address = this.#address + buffer * this.size;
    this.#ring[at] = address;
    this.#ring[at + 1] = address / 0x1_0000_0000;
    this.#ring[at + 2] = this.size;
    this.#ring16[(at << 1) + 6] = buffer;
    this.#tail = (this.#tail + 1) & 0xffff;
  }

  publish(): void {
    if (this.#published === this.#tail) return;
    this.#published = this.#tail;
    // The kernel reads it after what was written before: on both processors Atomics orders that.
    Atomics.store(this.#ring16, 7, this.#tail);
  }
}
