/** A ring: two queues in memory that the kernel shares, one for what it is to do, one for what is done. */
import {
  CQE_BYTES,
  CQ_OFFSETS,
  EAGAIN,
  EBUSY,
  EINTR,
  ENOSYS,
  IORING_ENTER_GETEVENTS,
  IORING_FEAT_NODROP,
  IORING_FEAT_SINGLE_MMAP,
  IORING_OFF_SQES,
  IORING_OFF_SQ_RING,
  IORING_REGISTER_ENABLE_RINGS,
  IORING_REGISTER_EVENTFD,
  IORING_SETUP_CQSIZE,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_R_DISABLED,
  IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SUBMIT_ALL,
  IORING_SETUP_TASKRUN_FLAG,
  IORING_SQ_CQ_OVERFLOW,
  IORING_SQ_TASKRUN,
  MAP_SHARED_POPULATE,
  PARAMS,
  PROT_READ_WRITE,
  SQE_BYTES,
  SQ_OFFSETS,
} from './abi.ts';
import { close, ioUringEnter, ioUringRegister, ioUringSetup, mmap, systemError } from './libc.ts';
import { intsOf, unmap, type Area } from './memory.ts';

/** Completions are more than submissions: one request may complete many times. */
const COMPLETIONS_PER_ENTRY = 4;

const NOTHING = new Int32Array(0);

/** A ring as whoever made it hands it to the thread that is to use it. */
export interface RingParts {
  readonly fd: number;
  readonly queues: Area;
  readonly entries: Area;
  /** Where things stand in `queues`, as indexes of 32 bits. */
  readonly at: {
    readonly sqTail: number;
    readonly sqFlags: number;
    readonly sqArray: number;
    readonly sqMask: number;
    readonly cqHead: number;
    readonly cqTail: number;
    readonly cqMask: number;
    readonly cqEntries: number;
  };
}

/**
 * Makes a ring that is off until its user enables it: the thread that does is the one that may submit.
 * @throws the system's error, EPERM or ENOSYS for example.
 */
export function makeRing(entries: number): RingParts {
  const params = Buffer.alloc(PARAMS.size);
  params.writeUInt32LE(entries * COMPLETIONS_PER_ENTRY, PARAMS.cqEntries);
  params.writeUInt32LE(
    IORING_SETUP_CQSIZE |
      IORING_SETUP_R_DISABLED |
      IORING_SETUP_SUBMIT_ALL |
      IORING_SETUP_TASKRUN_FLAG |
      IORING_SETUP_SINGLE_ISSUER |
      IORING_SETUP_DEFER_TASKRUN,
    PARAMS.flags,
  );
  const fd = ioUringSetup(entries, params);
  try {
    return mapRing(fd, params);
  } catch (error) {
    close(fd);
    throw error;
  }
}

function mapRing(fd: number, params: Buffer): RingParts {
  const needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP;
  if ((params.readUInt32LE(PARAMS.features) & needed) !== needed) throw systemError(ENOSYS, 'io_uring_setup');
  const [sqEntries, cqEntries] = [PARAMS.sqEntries, PARAMS.cqEntries].map((at) => params.readUInt32LE(at));
  const sq = (at: number): number => params.readUInt32LE(PARAMS.sqOff + at);
  const cq = (at: number): number => params.readUInt32LE(PARAMS.cqOff + at);
  const length = Math.max(
    sq(SQ_OFFSETS.array) + 4 * sqEntries!,
    cq(CQ_OFFSETS.cqes) + CQE_BYTES * cqEntries!,
  );
  const map = (bytes: number, offset: number): Area => ({
    address: mmap(bytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset),
    length: bytes,
  });
  const queues = map(length, IORING_OFF_SQ_RING);
  try {
    const entries = map(SQE_BYTES * sqEntries!, IORING_OFF_SQES);
    const at = {
      sqTail: sq(SQ_OFFSETS.tail) >> 2,
      sqFlags: sq(SQ_OFFSETS.flags) >> 2,
      sqArray: sq(SQ_OFFSETS.array) >> 2,
      sqMask: sq(SQ_OFFSETS.ringMask) >> 2,
      cqHead: cq(CQ_OFFSETS.head) >> 2,
      cqTail: cq(CQ_OFFSETS.tail) >> 2,
      cqMask: cq(CQ_OFFSETS.ringMask) >> 2,
      cqEntries: cq(CQ_OFFSETS.cqes) >> 2,
    };
    return { fd, queues, entries, at };
  } catch (error) {
    unmap(queues);
    throw error;
  }
}

/** Undoes {@link makeRing}; the thread that used it has ended, or uses it no more. */
export function destroyRing({ fd, queues, entries }: RingParts): void {
  close(fd);
  unmap(entries);
  unmap(queues);
}

/** Told of each completion: the two halves of what the request was submitted with, its result, and flags. */
export type Complete = (low: number, high: number, result: number, flags: number) => void;

/** A ring in use, by one thread. */
export class Ring {
  readonly fd: number;
  #queues: Int32Array;
  #entries: Int32Array;
  readonly #at: RingParts['at'];
  readonly #sqMask: number;
  readonly #cqMask: number;
  #tail: number;
  #submitted: number;
  #head: number;
  /** Requests for which there was no room, as the kernel wouldn't take those before them. */
  #postponed: (() => void)[] = [];

  constructor({ fd, queues, entries, at }: RingParts) {
    this.fd = fd;
    this.#queues = intsOf(queues);
    this.#entries = intsOf(entries);
    this.#at = at;
    this.#sqMask = this.#queues[at.sqMask]!;
    this.#cqMask = this.#queues[at.cqMask]!;
    // Entries are submitted in the order in which they stand.
    for (let index = 0; index <= this.#sqMask; index++) this.#queues[at.sqArray + index] = index;
    this.#tail = this.#queues[at.sqTail]!;
    this.#submitted = this.#tail;
    this.#head = this.#queues[at.cqHead]!;
  }

  /** Makes this thread the one that submits. */
  enable(): void {
    ioUringRegister(this.fd, IORING_REGISTER_ENABLE_RINGS, null, 0);
  }

  /** From now on the eventfd tells that {@link enter} has something to do. */
  tellBy(eventFd: number): void {
    const argument = Buffer.alloc(4);
    argument.writeInt32LE(eventFd);
    ioUringRegister(this.fd, IORING_REGISTER_EVENTFD, argument, 1);
  }

  /** Lets go of the memory, which may be unmapped from now on: what is asked of the ring still has no effect. */
  leave(): void {
    this.#queues = NOTHING;
    this.#entries = NOTHING;
  }

  /** Whether requests wait to be submitted. */
  get hasRequests(): boolean {
    return this.#tail !== this.#submitted || this.#postponed.length > 0;
  }

  /** Whether the kernel has work that only {@link enter} does. */
  get hasWork(): boolean {
    const flags = Atomics.load(this.#queues, this.#at.sqFlags);
    return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) !== 0;
  }

  /**
   * Puts down a request.
   * @param operation with flags in the second byte and `ioprio` in the upper half.
   * @param address a number, as addresses have less than 53 bits.
   * @param low and `high` come back with each completion.
   * @param group of buffers to take one from.
   */
  request(
    operation: number,
    fd: number,
    offset: number,
    address: number,
    length: number,
    flags: number,
    low: number,
    high: number,
    group = 0,
  ): void {
    if (this.#isFull()) {
      this.enter();
      if (this.#isFull()) {
        this.#postponed.push(() =>
          this.request(operation, fd, offset, address, length, flags, low, high, group),
        );
        return;
      }
    }
    const entries = this.#entries;
    const at = (this.#tail & this.#sqMask) << 4;
    this.#tail = (this.#tail + 1) | 0;
    entries[at] = operation;
    entries[at + 1] = fd;
    entries[at + 2] = offset;
    entries[at + 3] = offset / 0x1_0000_0000;
    entries[at + 4] = address;
    entries[at + 5] = address / 0x1_0000_0000;
    entries[at + 6] = length;
    entries[at + 7] = flags;
    entries[at + 8] = low;
    entries[at + 9] = high;
    entries[at + 10] = group;
    entries[at + 11] = 0;
    entries[at + 12] = 0;
    entries[at + 13] = 0;
    entries[at + 14] = 0;
    entries[at + 15] = 0;
  }

  /** Submits what was put down and lets the kernel complete what it can, in one system call. */
  enter(): void {
    const waiting = (this.#tail - this.#submitted) | 0;
    Atomics.store(this.#queues, this.#at.sqTail, this.#tail);
    const submitted = ioUringEnter(this.fd, waiting, IORING_ENTER_GETEVENTS);
    if (submitted >= 0) {
      this.#submitted = (this.#submitted + submitted) | 0;
      while (this.#postponed.length > 0 && !this.#isFull()) this.#postponed.shift()!();
      return;
    }
    // Not now: the queue of completions is full, memory is short, or a signal came. What waits is submitted next time.
    if (submitted === -EBUSY || submitted === -EAGAIN || submitted === -EINTR) return;
    throw systemError(-submitted, 'io_uring_enter');
  }

  #isFull(): boolean {
    return ((this.#tail - this.#submitted) | 0) > this.#sqMask;
  }

  /** @returns how many completions there were. */
  reap(complete: Complete): number {
    const queues = this.#queues;
    const { cqTail, cqHead, cqEntries } = this.#at;
    const tail = Atomics.load(queues, cqTail);
    const count = (tail - this.#head) | 0;
    while (this.#head !== tail) {
      const at = cqEntries + ((this.#head & this.#cqMask) << 2);
      const low = queues[at]!;
      const high = queues[at + 1]!;
      const result = queues[at + 2]!;
      const flags = queues[at + 3]!;
      // Given back at once: a handler that throws must not have the same completion come again.
      this.#head = (this.#head + 1) | 0;
      Atomics.store(queues, cqHead, this.#head);
      complete(low, high, result, flags);
    }
    return count;
  }
}
