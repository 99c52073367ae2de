/** The links of a thread, on its ring. */
import type { LinkEvents, ThreadMemory } from '../transport.ts';
import { IORING_OP_ASYNC_CANCEL } from './abi.ts';
import { UringLink } from './link.ts';
import { Loop } from './loop.ts';
import {
  destroyReceiveBuffers,
  makeReceiveBuffers,
  ReceiveBuffers,
  type BufferParts,
} from './receive-buffers.ts';
import { mapMemory, unmap, type Area } from './memory.ts';
import { destroyRing, makeRing, type RingParts } from './ring.ts';
import { SendMemory } from './send-memory.ts';
import { CANCEL, RECEIVE, SEND, userData } from './user-data.ts';

/** All that links need of the system, made by main: so it knows what to take back, whatever ends the thread. */
export interface LinkParts {
  readonly ring: RingParts;
  readonly buffers: BufferParts;
  readonly sendMemory: Area;
}

/** @throws the system's error; nothing is left then. */
export function makeLinkParts(memory: ThreadMemory): LinkParts {
  const ring = makeRing(memory.entries);
  let buffers: BufferParts | undefined;
  try {
    buffers = makeReceiveBuffers(memory.receiveBuffers, memory.receiveBufferSize);
    return { ring, buffers, sendMemory: mapMemory(memory.sendMemory) };
  } catch (error) {
    if (buffers) destroyReceiveBuffers(buffers);
    destroyRing(ring);
    throw error;
  }
}

/** The thread has ended: the kernel has let go of its requests. */
export function destroyLinkParts({ ring, buffers, sendMemory }: LinkParts): void {
  destroyRing(ring);
  destroyReceiveBuffers(buffers);
  unmap(sendMemory);
}

/** What links report to whoever has them. */
export interface LinksEvents {
  /** A request of which no link knows is over. */
  completed(what: number, whose: number, result: number, flags: number): void;
  /** A link is gone, and nothing refers to its descriptor any more. */
  gone(fd: number): void;
}

export class Links {
  readonly loop: Loop;
  readonly buffers: ReceiveBuffers;
  readonly memory: SendMemory;
  readonly #links: (UringLink | undefined)[] = [];
  readonly #free: number[] = [];
  #later: UringLink[] = [];
  /** Those that have something to send, and no memory. */
  #starved: UringLink[] = [];

  readonly #events: LinksEvents;

  constructor({ ring, buffers, sendMemory }: LinkParts, events: LinksEvents) {
    this.#events = events;
    this.memory = new SendMemory(sendMemory);
    this.buffers = new ReceiveBuffers(buffers);
    this.loop = new Loop(
      ring,
      (whose, what, result, flags) => this.#complete(whose, what, result, flags),
      () => this.#endRound(),
    );
    this.buffers.register(ring.fd, buffers);
  }

  open(fd: number, events: LinkEvents): UringLink {
    const place = this.#free.pop() ?? this.#links.length;
    const link = new UringLink(this, place, fd, events);
    this.#links[place] = link;
    return link;
  }

  /** A link is gone, and all of its requests are over. */
  remove(place: number, fd: number): void {
    this.#links[place] = undefined;
    this.#free.push(place);
    this.#events.gone(fd);
  }

  request(
    operation: number,
    fd: number,
    address: number,
    length: number,
    flags: number,
    place: number,
    what: number,
    group: number,
  ): void {
    this.loop.ring.request(operation, fd, 0, address, length, flags, place, what, group);
    this.loop.touch();
  }

  /** Cancels what a link has under way; that has a completion, too. */
  cancel(place: number, what: number): void {
    this.request(IORING_OP_ASYNC_CANCEL, -1, userData(what, place), 0, 0, place, CANCEL, 0);
  }

  /** Calls {@link UringLink.goOn} from the loop. */
  later(link: UringLink): void {
    this.#later.push(link);
    this.loop.touch();
  }

  giveBack(block: number): void {
    this.memory.giveBack(block);
    if (this.#starved.length > 0) this.later(this.#starved.shift()!);
  }

  /** The same as {@link later}, when memory was given back. */
  whenFreed(link: UringLink): void {
    this.#starved.push(link);
  }

  #complete(whose: number, what: number, result: number, flags: number): void {
    switch (what) {
      case RECEIVE:
        this.#links[whose]!.received(result, flags);
        break;
      case SEND:
        this.#links[whose]!.sent(result);
        break;
      case CANCEL:
        this.#links[whose]!.cancelled();
        break;
      default:
        this.#events.completed(what, whose, result, flags);
    }
  }

  /** @returns whether there is more to do. */
  #endRound(): boolean {
    if (this.#later.length > 0) {
      const later = this.#later;
      this.#later = [];
      for (const link of later) link.goOn();
    }
    this.buffers.publish();
    return this.#later.length > 0;
  }
}
