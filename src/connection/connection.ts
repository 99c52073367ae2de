import type { Socket } from 'node:net';
import type { Format } from '../format/resolve.ts';
import type { Framing } from '../framing/framing.ts';
import type { CloseReason } from '../base/close-reason.ts';
import type { Counters } from '../base/counters.ts';
import { ConnectionError, MessageError } from '../base/errors.ts';
import type { Connection, Frame, ThreadContext } from './handler.ts';
import type { ConnectionLimits, Endpoint } from '../protocol/messages.ts';
import type { ReadCallback } from '../transport/node/adopt.ts';
import { Deadlines } from './deadlines.ts';
import { handledRejection } from './handled-rejection.ts';
import { Inbox, type Consumer, type InboxHooks } from './inbox.ts';
import { flushScheduled, Outbox, type OutboxHooks } from './outbox.ts';
import { SENT } from './promises.ts';
import { Throttle } from './throttle.ts';

/** What the connections of a thread have in common. */
export interface ConnectionSetup {
  readonly thread: ThreadContext;
  readonly framing: Framing;
  readonly format: Format;
  readonly limits: ConnectionLimits;
  /** Bytes due to the peer above which its messages aren't read. */
  readonly mostDueWhileReading: number;
  readonly counters: Counters;
  /** Called once for each connection, when it has ended. */
  closed(connection: SocketConnection, end: ConnectionEnd): void;
}

/** Whose connection it is. */
export interface ConnectionEnds {
  readonly id: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
}

/** How a connection ended. */
export interface ConnectionEnd {
  readonly reason: CloseReason;
  readonly detail: string | undefined;
  readonly error: unknown;
}

/** The peer is gone; other errors are the system's own. */
const PEER_GONE = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** What its parts and its socket tell a connection. */
interface Hooks extends InboxHooks<SocketConnection>, OutboxHooks<SocketConnection> {
  read(connection: SocketConnection, length: number, bytes: Buffer): boolean;
  peerEnded(connection: SocketConnection): void;
  socketFailed(connection: SocketConnection, error: NodeJS.ErrnoException): void;
  socketClosed(connection: SocketConnection): void;
}

/** One table for all connections: closures of their own would cost each of them memory. */
let hooks: Hooks;

/** Where a socket has its connection, so that its listeners can be shared, too. */
const owner = Symbol('connection');
type OwnedSocket = Socket & { [owner]?: SocketConnection };

function socketRead(this: OwnedSocket, length: number, bytes: Buffer): boolean {
  return hooks.read(this[owner]!, length, bytes);
}

function socketEnded(this: OwnedSocket): void {
  hooks.peerEnded(this[owner]!);
}

function socketFailed(this: OwnedSocket, error: NodeJS.ErrnoException): void {
  hooks.socketFailed(this[owner]!, error);
}

function socketClosed(this: OwnedSocket): void {
  hooks.socketClosed(this[owner]!);
}

/**
 * One connection: open while its handler runs, then finishing (what was accepted is sent, then FIN, then the peer
 * has `lingerTimeout` to close its side), then closed. The first cause of its end is its close reason.
 */
export class SocketConnection implements Connection<unknown> {
  readonly id: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
  readonly thread: ThreadContext;
  context: unknown;
  readonly #setup: ConnectionSetup;
  readonly #socket: Socket;
  readonly #inbox: Inbox<SocketConnection>;
  readonly #outbox: Outbox<SocketConnection>;
  readonly #deadlines: Deadlines;
  readonly #throttle: Throttle | undefined;
  #throttleTimer: NodeJS.Timeout | undefined;
  #onDelivered: (() => void) | undefined;
  #isFrames = false;
  #isReading = true;
  #isWriteEnded = false;
  #hasPeerEnded = false;
  #phase: 'open' | 'finishing' | 'closed' = 'open';
  #end: ConnectionEnd | undefined;
  #lingerTimer: NodeJS.Timeout | undefined;
  #abort: AbortController | undefined;
  #isAborted = false;

  /** @param open makes the socket, whose reads go to the callback. */
  constructor(
    setup: ConnectionSetup,
    { id, peer, local }: ConnectionEnds,
    open: (read: ReadCallback) => Socket,
  ) {
    const { limits, framing, format } = setup;
    this.id = id;
    this.peer = peer;
    this.local = local;
    this.thread = setup.thread;
    this.#setup = setup;
    this.#inbox = new Inbox(this, hooks, framing, format);
    const isThrottled = limits.messagesPerSecond < Infinity || limits.bytesPerSecond < Infinity;
    this.#throttle = isThrottled ? new Throttle(limits) : undefined;
    this.#deadlines = new Deadlines(limits);
    const socket: OwnedSocket = open(socketRead);
    this.#socket = socket;
    this.#outbox = new Outbox(this, hooks, socket, format.encoding);
    socket[owner] = this;
    socket.on('end', socketEnded);
    socket.on('error', socketFailed);
    socket.on('close', socketClosed);
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.#isAborted) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  receive(): Promise<unknown> {
    return this.#inbox.receive();
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return this.#inbox;
  }

  send(message: unknown): Promise<void> {
    if (this.#phase !== 'open' || this.#isWriteEnded)
      return handledRejection(new ConnectionError(this.#reason()));
    try {
      this.#encode(message);
    } catch (error) {
      if (error instanceof MessageError) error.connectionId = this.id;
      return Promise.reject(error);
    }
    this.#setup.counters.messageWritten();
    const { highWaterMark, maxWriteBuffer } = this.#setup.limits;
    if (!this.#outbox.exceeds(highWaterMark)) return SENT;
    this.#outbox.flush();
    if (this.#outbox.isEmpty) return SENT;
    if (this.#outbox.exceeds(maxWriteBuffer)) this.fail('slow-reader');
    return this.#phase === 'open'
      ? this.#outbox.drained()
      : handledRejection(new ConnectionError(this.#reason()));
  }

  end(): void {
    if (this.#isWriteEnded) return;
    this.#isWriteEnded = true;
    this.#outbox.flush();
    if (this.#outbox.isEmpty) this.#socket.end();
  }

  destroy(detail?: string): void {
    this.fail('handler-destroy', { detail });
  }

  asFrames(): Connection<Frame> {
    this.#inbox.asFrames();
    this.#isFrames = true;
    return this as unknown as Connection<Frame>;
  }

  /** Delivers to a function, from the next {@link continue} on; `delivered` is called when all of the peer's messages were. */
  consume(consumer: Consumer, delivered: () => void): void {
    this.#onDelivered = delivered;
    this.#inbox.consume(consumer);
  }

  /** After a consumer held back: go on. */
  continue(): void {
    this.#cork(() => this.#inbox.continue());
  }

  /** Tells the handler that its time is limited. */
  drain(): void {
    this.#isAborted = true;
    this.#abort?.abort();
  }

  /** The handler has finished, or nothing more is taken from it: sends what is pending, then closes. */
  finish(reason: CloseReason = this.#hasPeerEnded ? 'peer-end' : 'handler-end'): void {
    if (this.#phase !== 'open') return;
    this.#note(reason);
    this.#phase = 'finishing';
    this.#inbox.abort(this.#ownEnd());
    this.drain();
    this.#outbox.flush();
    this.#resume();
    if (this.#outbox.isEmpty) this.#shutDown();
  }

  /**
   * Cuts the connection short: resets it, so that the peer can tell.
   * @returns whether that is what ended it; false when it had its reason already.
   */
  fail(
    reason: CloseReason,
    { detail, error }: { detail?: string | undefined; error?: unknown } = {},
  ): boolean {
    if (this.#phase === 'closed') return false;
    const isCause = this.#end === undefined;
    this.#note(reason, detail, error);
    this.#phase = 'closed';
    this.#release();
    this.reset();
    return isCause;
  }

  /** Resets the socket alone; when its thread ends, main knows the reason. */
  reset(): void {
    const { writableEnded, writableFinished } = this.#socket;
    // Node can't reset a socket whose FIN is under way: it would never close, nor would its thread ever end. Everything
    // was sent before that FIN.
    if (writableEnded && !writableFinished) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Whether a thrown value is this connection's own end, which its handler only passed on. */
  isOwnEnd(thrown: unknown): boolean {
    return (
      this.#end !== undefined &&
      (thrown === this.#end.error ||
        (thrown instanceof ConnectionError && thrown.reason === this.#end.reason))
    );
  }

  /** Holds the connection to its time limits; called regularly. */
  checkDeadlines(now: number): void {
    if (this.#phase === 'closed') return;
    const isFinishing = this.#phase === 'finishing';
    const broken = this.#deadlines.broken(now, {
      isDue: !this.#outbox.isEmpty,
      incomplete: this.#isReading ? this.#inbox.incompleteBytes : 0,
      isFinishing,
      isThrottled: this.#throttleTimer !== undefined,
      socket: this.#socket,
    });
    if (!broken) return;
    if (broken === 'idle-timeout' || broken === 'max-lifetime') this.finish(broken);
    else this.fail(broken);
  }

  static {
    hooks = {
      read: (connection, length, bytes) => connection.#read(length, bytes),
      isHeldBack: (connection) => connection.#isHeldBack(),
      messageRead: (connection) => connection.#messageRead(),
      waits: (connection) => connection.#outbox.flush(),
      wantBytes: (connection) => connection.#resume(),
      delivered: (connection) => connection.#onDelivered?.(),
      failed: (connection, error) => connection.#spoil(error),
      written: (connection, bytes) => connection.#written(bytes),
      drained: (connection) => connection.#drained(),
      peerEnded: (connection) => connection.#peerEnded(),
      socketFailed: (connection, error) => connection.#socketFailed(error),
      socketClosed: (connection) => connection.#socketClosed(),
    };
  }

  #read(length: number, bytes: Buffer): boolean {
    flushScheduled();
    this.#setup.counters.bytesRead(length);
    this.#deadlines.read();
    if (this.#phase !== 'open') return true;
    this.#outbox.isCorked = true;
    const goOn = this.#inbox.take(bytes, length);
    this.#outbox.isCorked = false;
    this.#outbox.flush();
    this.#deadlines.taken(this.#inbox.incompleteBytes);
    this.#throttle?.spend(0, length);
    this.#isReading = this.#phase !== 'open' || (goOn && !this.#isHeldBack());
    return this.#isReading;
  }

  #messageRead(): void {
    this.#setup.counters.messageRead();
    this.#deadlines.message();
    this.#throttle?.spend(1, 0);
  }

  #encode(message: unknown): void {
    if (this.#isFrames) {
      this.#outbox.add((message as Frame).bytes);
      return;
    }
    const { format, framing } = this.#setup;
    framing.encode(format.encode(message), format.encoding, this.#outbox.add);
  }

  /** Runs something that may send, and writes all of it at once. */
  #cork(run: () => void): void {
    this.#outbox.isCorked = true;
    run();
    this.#outbox.isCorked = false;
    this.#outbox.flush();
  }

  #isHeldBack(): boolean {
    if (this.#outbox.exceeds(this.#setup.mostDueWhileReading)) return true;
    return this.#throttle !== undefined && this.#isThrottled(this.#throttle);
  }

  #isThrottled(throttle: Throttle): boolean {
    if (this.#throttleTimer) return true;
    const { wait } = throttle;
    if (wait === 0) return false;
    this.#throttleTimer = setTimeout(() => {
      this.#throttleTimer = undefined;
      this.#cork(() => this.#inbox.retry());
    }, wait);
    return true;
  }

  #resume(): void {
    if (this.#isReading || this.#phase === 'closed') return;
    if (this.#phase === 'open' && (this.#inbox.hasBacklog || this.#isHeldBack())) return;
    this.#isReading = true;
    this.#socket.resume();
  }

  #written(bytes: number): void {
    this.#setup.counters.bytesWritten(bytes);
    this.#deadlines.wrote();
  }

  #drained(): void {
    if (this.#phase === 'finishing') this.#shutDown();
    else if (this.#isWriteEnded) this.#socket.end();
    if (!this.#isReading && this.#phase === 'open') this.#cork(() => this.#inbox.retry());
  }

  #peerEnded(): void {
    this.#hasPeerEnded = true;
    if (this.#phase !== 'open') return;
    const { incompleteBytes } = this.#inbox;
    if (incompleteBytes > 0) {
      const what = `the peer ended after ${incompleteBytes} bytes of an incomplete message`;
      this.#spoil(new MessageError('incomplete-message', what));
      return;
    }
    this.#inbox.endOfBytes();
  }

  /** The peer's bytes are no message: receiving ends, the handler may still answer. */
  #spoil(error: unknown): void {
    if (!(error instanceof MessageError)) {
      this.fail('handler-error', { error });
      return;
    }
    error.connectionId = this.id;
    error.message = `connection ${this.id}: ${error.message}`;
    this.#note(error.code, undefined, error);
    this.#inbox.finish(error);
  }

  #socketFailed(error: NodeJS.ErrnoException): void {
    if (PEER_GONE.has(error.code ?? '')) this.#note('peer-reset');
    else this.#note('socket-error', undefined, error);
  }

  #socketClosed(): void {
    const isWhole = this.#phase === 'open' && this.#hasPeerEnded && !this.#socket.errored;
    this.#note(this.#hasPeerEnded ? 'peer-end' : 'handler-end');
    this.#phase = 'closed';
    this.#release(isWhole);
    this.#setup.closed(this, this.#end!);
  }

  #note(reason: CloseReason, detail?: string, error?: unknown): void {
    this.#end ??= { reason, detail, error };
  }

  /** Makes the error when somebody wants it: most connections end without, and its stack is dear. */
  #ownEnd(): () => Error {
    const reason = this.#reason();
    return () => new ConnectionError(reason);
  }

  #reason(): CloseReason {
    return this.#end?.reason ?? 'handler-end';
  }

  /** @param isWhole whether both sides have ended in order: then what waits for the handler is still delivered. */
  #release(isWhole = false): void {
    clearTimeout(this.#lingerTimer);
    clearTimeout(this.#throttleTimer);
    const error = this.#ownEnd();
    if (!isWhole) this.#inbox.abort(error);
    this.#outbox.fail(error);
    this.drain();
  }

  #shutDown(): void {
    // Everything was sent and everything read: closing alone says FIN.
    if (this.#hasPeerEnded) {
      this.#socket.destroy();
      return;
    }
    this.#socket.end();
    this.#lingerTimer ??= setTimeout(() => this.#socket.destroy(), this.#setup.limits.lingerTimeout);
  }
}
