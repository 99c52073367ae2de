/** Memory that the kernel may touch: mapped, never V8's, and freed only when the kernel has let go of it. */
import { MAP_PRIVATE_ANONYMOUS_NORESERVE, PROT_READ_WRITE } from './abi.ts';
import { bytesAt, mmap, munmap } from './libc.ts';

/** A mapping; a thread that is told of it may look at it. */
export interface Area {
  readonly address: bigint;
  readonly length: number;
}

/** Maps memory of zeros, which takes none of the machine's until it is written to. */
export function mapMemory(length: number): Area {
  return { address: mmap(length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE), length };
}

/** Nobody may look at it any more. */
export function unmap({ address, length }: Area): void {
  munmap(address, length);
}

export function bytesOf({ address, length }: Area): Buffer {
  return Buffer.from(bytesAt(address, length));
}

export function intsOf({ address, length }: Area): Int32Array {
  return new Int32Array(bytesAt(address, length));
}
