/** A link on a ring. */
import { isPeerGone } from '../error-kind.ts';
import type { Link, LinkEvents } from '../transport.ts';
import {
  EAGAIN,
  ECANCELED,
  EINTR,
  ENOBUFS,
  IORING_CQE_BUFFER_SHIFT,
  IORING_CQE_F_MORE,
  IORING_OP_RECV,
  IORING_OP_SEND,
  IORING_RECV_MULTISHOT,
  IOSQE_BUFFER_SELECT,
  MSG_NOSIGNAL,
  MSG_WAITALL,
} from './abi.ts';
import { disconnect, shutDownWriting, systemError } from './libc.ts';
import type { Links } from './links.ts';
import { BUFFER_GROUP } from './receive-buffers.ts';
import { LARGEST_BLOCK } from './send-memory.ts';
import { RECEIVE, SEND } from './user-data.ts';

const NO_BLOCK = -1;
/** In utf-8; in no encoding a text takes more. */
const MOST_BYTES_PER_CODE_UNIT = 3;
const NOTHING = Buffer.alloc(0);

const RECEIVE_ONCE = IORING_OP_RECV | (IOSQE_BUFFER_SELECT << 8);
const RECEIVE_ON = RECEIVE_ONCE | (IORING_RECV_MULTISHOT << 16);

/** Errors after which the same request may be made again. */
const PASSING = new Set([EAGAIN, ECANCELED, EINTR, ENOBUFS]);

/**
 * One connection on a ring. It receives by one request for its whole life, which takes a buffer when bytes come; it sends from
 * mapped memory, one piece at a time. It is gone when the last of its requests has completed: until then its place among
 * the links is its own, so that no completion can be taken for another's.
 */
export class UringLink implements Link {
  readonly #links: Links;
  readonly #place: number;
  readonly #fd: number;
  readonly #events: LinkEvents;
  bytesRead = 0;
  bytesWritten = 0;
  /** Requests that haven't completed. */
  #requests = 0;
  #isReceiving = false;
  #isCancelling = false;
  #isPaused = false;
  /**
   * Whether it receives piece by piece: one request for all that comes may bring 32 buffers (linux/io_uring/net.c) before it can be
   * cancelled. So it begins, goes on while buffers come full, and begins anew when more came than was wanted.
   */
  #isCautious = true;
  /** What had come already when reading stopped. */
  #held: Buffer[] | undefined;
  #hasEnded = false;
  /** Whether the peer's end came while reading was stopped. */
  #isEndHeld = false;
  #isWriteShut = false;
  /** Whether it was let go of. */
  #isLeaving = false;
  #isGone = false;
  /** What is being sent: a block of memory, of which this part hasn't gone. */
  #block = NO_BLOCK;
  #sendStart = 0;
  #sendLength = 0;
  /** What is to be sent behind that. */
  #rest: Uint8Array = NOTHING;

  constructor(links: Links, place: number, fd: number, events: LinkEvents) {
    this.#links = links;
    this.#place = place;
    this.#fd = fd;
    this.#events = events;
    this.#receive();
  }

  get unsent(): number {
    return this.#sendLength + this.#rest.length;
  }

  writeText(text: string, encoding: BufferEncoding): boolean {
    if (this.#isLeaving) return false;
    const { memory } = this.#links;
    // Room for the most it can take spares counting what it does take, which costs as much as writing it.
    const most = text.length * MOST_BYTES_PER_CODE_UNIT;
    const block = most <= LARGEST_BLOCK ? memory.take(most) : NO_BLOCK;
    if (block === NO_BLOCK) {
      const bytes = Buffer.from(text, encoding);
      this.bytesWritten += bytes.length;
      this.#rest = bytes;
      this.#sendRest();
    } else {
      const length = memory.bytes.write(text, block, most, encoding);
      this.bytesWritten += length;
      this.#sendBlock(block, length);
    }
    return false;
  }

  writeBytes(parts: readonly Uint8Array[], length: number): boolean {
    if (this.#isLeaving) return false;
    if (length === 0) return true;
    this.bytesWritten += length;
    const { memory } = this.#links;
    const block = length <= LARGEST_BLOCK ? memory.take(length) : NO_BLOCK;
    if (block === NO_BLOCK) {
      this.#rest = parts.length === 1 ? parts[0]! : Buffer.concat(parts, length);
      this.#sendRest();
    } else {
      let at = block;
      for (const part of parts) {
        memory.bytes.set(part, at);
        at += part.length;
      }
      this.#sendBlock(block, length);
    }
    return false;
  }

  resume(): void {
    if (!this.#isPaused || this.#isLeaving) return;
    this.#isPaused = false;
    if (this.#held || this.#isEndHeld) this.#links.later(this);
    else this.#receive();
  }

  end(): void {
    if (this.#isWriteShut || this.#isLeaving) return;
    this.#isWriteShut = true;
    shutDownWriting(this.#fd);
    if (this.#hasEnded && !this.#isEndHeld) this.#leave();
  }

  close(): void {
    // The descriptor is closed by main, a while later; the FIN is due now.
    this.end();
    this.#leave();
  }

  reset(): void {
    if (this.#isGone) return;
    // Closing would send RST only when nobody refers to the socket any more.
    disconnect(this.#fd);
    this.#leave();
  }

  /** Called from the loop, after {@link Links.later}. */
  goOn(): void {
    if (!this.#isLeaving) {
      if (this.#rest.length > 0 && this.#block === NO_BLOCK) this.#sendRest();
      this.#deliverHeld();
    }
    this.#goIfDone();
  }

  received(result: number, flags: number): void {
    if ((flags & IORING_CQE_F_MORE) === 0) {
      this.#requests--;
      this.#isReceiving = false;
    }
    if (result > 0) this.#take(result, flags >>> IORING_CQE_BUFFER_SHIFT);
    else if (result === 0) this.#ended();
    else if (!PASSING.has(-result)) this.#broken(-result, 'read');
    this.#receive();
    this.#goIfDone();
  }

  sent(result: number): void {
    this.#requests--;
    const left = result > 0 ? this.#sendLength - result : this.#sendLength;
    if (!this.#isLeaving && left > 0 && (result > 0 || PASSING.has(-result))) {
      this.#sendStart += this.#sendLength - left;
      this.#sendLength = left;
      this.#send();
      return;
    }
    this.#links.giveBack(this.#block);
    this.#block = NO_BLOCK;
    this.#sendLength = 0;
    if (this.#isLeaving) this.#goIfDone();
    else if (result < 0) this.#broken(-result, 'write');
    else if (this.#rest.length > 0) this.#sendRest();
    else this.#events.written();
  }

  cancelled(): void {
    this.#requests--;
    this.#isCancelling = false;
    this.#goIfDone();
  }

  #request(operation: number, address: number, length: number, flags: number, what: number, group = 0): void {
    this.#requests++;
    this.#links.request(operation, this.#fd, address, length, flags, this.#place, what, group);
  }

  /** Has the kernel receive, unless it does or nobody wants it to. */
  #receive(): void {
    if (this.#isReceiving || this.#isPaused || this.#held || this.#hasEnded || this.#isLeaving) return;
    this.#isReceiving = true;
    this.#request(this.#isCautious ? RECEIVE_ONCE : RECEIVE_ON, 0, 0, 0, RECEIVE, BUFFER_GROUP);
  }

  #take(length: number, buffer: number): void {
    const { buffers } = this.#links;
    const bytes = buffers.views[buffer]!;
    if (!this.#isLeaving) {
      this.bytesRead += length;
      if (this.#isPaused || this.#held) this.#hold(Buffer.from(bytes.subarray(0, length)));
      else {
        if (length < buffers.size) this.#isCautious = false;
        this.#isPaused = !this.#events.read(bytes, 0, length);
      }
    }
    buffers.giveBack(buffer);
  }

  /** Keeps bytes that came after reading had stopped: what the request under way brings until it is cancelled. */
  #hold(bytes: Buffer): void {
    this.#held ??= [];
    this.#held.push(bytes);
    this.#isCautious = true;
    if (this.#isReceiving && !this.#isCancelling) {
      this.#isCancelling = true;
      this.#cancel(RECEIVE);
    }
  }

  #ended(): void {
    this.#hasEnded = true;
    if (this.#isLeaving) return;
    if (this.#isPaused || this.#held) this.#isEndHeld = true;
    else this.#tellEnd();
  }

  #tellEnd(): void {
    this.#events.peerEnded();
    if (this.#isWriteShut) this.#leave();
  }

  #deliverHeld(): void {
    while (this.#held && !this.#isPaused) {
      const bytes = this.#held.shift()!;
      this.#isPaused = !this.#events.read(bytes, 0, bytes.length);
      if (this.#isLeaving) return;
      if (this.#held.length === 0) this.#held = undefined;
    }
    if (this.#isPaused) return;
    if (this.#isEndHeld) {
      this.#isEndHeld = false;
      this.#tellEnd();
    } else this.#receive();
  }

  #sendBlock(block: number, length: number): void {
    this.#block = block;
    this.#sendStart = block;
    this.#sendLength = length;
    this.#send();
  }

  #send(): void {
    const address = this.#links.memory.addressOf(this.#sendStart);
    this.#request(IORING_OP_SEND, address, this.#sendLength, MSG_WAITALL | MSG_NOSIGNAL, SEND);
  }

  /** Sends the next piece, as soon as there is memory for it: a piece is progress that `writeTimeout` can see. */
  #sendRest(): void {
    const { memory } = this.#links;
    const length = Math.min(this.#rest.length, LARGEST_BLOCK);
    const block = memory.take(length);
    if (block === NO_BLOCK) {
      this.#links.whenFreed(this);
      return;
    }
    memory.bytes.set(this.#rest.subarray(0, length), block);
    this.#rest = this.#rest.length > length ? this.#rest.subarray(length) : NOTHING;
    this.#sendBlock(block, length);
  }

  #broken(errno: number, syscall: string): void {
    if (this.#isLeaving) return;
    const error = systemError(errno, syscall);
    this.#events.linkFailed(isPeerGone(error) ? 'peer-gone' : 'other', error);
    this.#leave();
  }

  /** Ends what is under way; when all of it is over, the link is gone. */
  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#rest = NOTHING;
    this.#held = undefined;
    if (this.#isReceiving && !this.#isCancelling) this.#cancel(RECEIVE);
    if (this.#block !== NO_BLOCK) this.#cancel(SEND);
    this.#links.later(this);
  }

  #cancel(what: number): void {
    this.#requests++;
    this.#links.cancel(this.#place, what);
  }

  #goIfDone(): void {
    if (!this.#isLeaving || this.#requests > 0 || this.#isGone) return;
    this.#isGone = true;
    this.#links.remove(this.#place, this.#fd);
    this.#events.linkClosed();
  }
}
