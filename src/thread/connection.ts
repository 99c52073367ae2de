import type { Socket } from 'node:net';
import type { Format, StreamDecoder } from '../format/format.ts';
import type { Framing } from '../framing/framing.ts';
import type { CloseReason } from '../shared/close-reason.ts';
import type { Counters } from '../shared/counters.ts';
import { ConnectionError, MessageError } from '../shared/errors.ts';
import type { Connection, Frame, ThreadContext } from '../shared/handler.ts';
import type { ConnectionLimits, Endpoint } from '../shared/protocol.ts';
import type { ReadCallback } from './adopt.ts';
import { Deadlines } from './deadlines.ts';
import { handledRejection } from './handled-rejection.ts';
import { Inbox, type Consumer } from './inbox.ts';
import { Outbox } from './outbox.ts';
import { Throttle } from './throttle.ts';

/** What a connection is made of. */
export interface ConnectionSetup {
  readonly id: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
  readonly thread: ThreadContext;
  readonly framing: Framing;
  readonly format: Format;
  readonly limits: ConnectionLimits;
  readonly counters: Counters;
  /** Makes the socket, whose reads go to `read`. */
  open(read: ReadCallback): Socket;
  /** Called once, when the connection has ended. */
  closed(end: ConnectionEnd): void;
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

const SENT = Promise.resolve();

/**
 * One connection: open while its handler runs, then finishing (what was accepted is sent, then FIN, then the peer
 * has `lingerTimeout` to close its side), then closed. The first cause of its end is its close reason.
 */
export class SocketConnection<M = unknown> implements Connection<M> {
  readonly id: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
  readonly thread: ThreadContext;
  context: unknown;
  readonly #setup: ConnectionSetup;
  readonly #socket: Socket;
  readonly #inbox: Inbox<unknown>;
  readonly #outbox: Outbox;
  readonly #deadlines: Deadlines;
  readonly #throttle: Throttle | undefined;
  #throttleTimer: NodeJS.Timeout | undefined;
  #streamDecoder: StreamDecoder<unknown> | undefined;
  #isFrames = false;
  #hasMessages = false;
  #isReading = true;
  #isWriteEnded = false;
  #hasPeerEnded = false;
  #phase: 'open' | 'finishing' | 'closed' = 'open';
  #end: ConnectionEnd | undefined;
  #lingerTimer: NodeJS.Timeout | undefined;
  #abort: AbortController | undefined;
  #isAborted = false;

  constructor(setup: ConnectionSetup) {
    const { limits, framing, format } = setup;
    this.id = setup.id;
    this.peer = setup.peer;
    this.local = setup.local;
    this.thread = setup.thread;
    this.#setup = setup;
    this.#streamDecoder = framing.isStream ? format.createStreamDecoder() : undefined;
    this.#inbox = new Inbox<unknown>(framing.createDecoder(), this.#convert, () => this.#isHeldBack(), {
      wantBytes: () => this.#resume(),
      delivered: () => this.#onDelivered?.(),
      failed: (error) => this.#spoil(error),
    });
    if (limits.messagesPerSecond < Infinity || limits.bytesPerSecond < Infinity)
      this.#throttle = new Throttle(limits);
    this.#socket = setup.open(this.#read);
    this.#outbox = new Outbox(this.#socket, format.encoding, this.#written);
    this.#deadlines = new Deadlines(limits);
    this.#socket.on('end', this.#peerEnded);
    this.#socket.on('error', this.#socketFailed);
    this.#socket.on('close', this.#socketClosed);
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

  receive(): Promise<M | null> {
    return this.#inbox.receive() as Promise<M | null>;
  }

  [Symbol.asyncIterator](): AsyncIterator<M, undefined> {
    const inbox = this.#inbox as Inbox<M>;
    return { next: () => inbox.next(), return: () => Promise.resolve({ value: undefined, done: true }) };
  }

  send(message: M | Frame): Promise<void> {
    if (this.#phase !== 'open' || this.#isWriteEnded)
      return handledRejection(new ConnectionError(this.#reason()));
    try {
      this.#encode(message);
    } catch (error) {
      if (error instanceof MessageError) error.connectionId = this.id;
      return Promise.reject(error);
    }
    this.#setup.counters.messageWritten();
    const { due } = this.#outbox;
    if (due <= this.#setup.limits.highWaterMark) return SENT;
    if (due > this.#setup.limits.maxWriteBuffer) this.fail('slow-reader');
    return this.#phase === 'open'
      ? this.#outbox.drained()
      : handledRejection(new ConnectionError(this.#reason()));
  }

  end(): void {
    if (this.#isWriteEnded) return;
    this.#isWriteEnded = true;
    this.#outbox.flush();
    if (this.#outbox.due === 0) this.#socket.end();
  }

  destroy(detail?: string): void {
    this.fail('handler-destroy', { detail });
  }

  asFrames(): Connection<Frame> {
    if (this.#hasMessages) throw new Error('asFrames() must be called before the first message has come');
    this.#isFrames = true;
    return this as unknown as Connection<Frame>;
  }

  /** Delivers to a function, from the next {@link continue} on; `delivered` is called when all of the peer's messages were. */
  consume(consumer: Consumer<M>, delivered: () => void): void {
    this.#onDelivered = delivered;
    this.#inbox.consume(consumer as Consumer<unknown>);
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
  finish(reason: CloseReason = this.#hasPeerEnded ? 'client-end' : 'handler-end'): void {
    if (this.#phase !== 'open') return;
    this.#note(reason);
    this.#phase = 'finishing';
    this.#inbox.abort(new ConnectionError(this.#reason()));
    this.drain();
    this.#outbox.flush();
    this.#resume();
    if (this.#outbox.due === 0) this.#shutDown();
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
      due: this.#outbox.due,
      incomplete: this.#isReading ? this.#inbox.incompleteBytes : 0,
      isFinishing,
      isThrottled: this.#throttleTimer !== undefined,
      socket: this.#socket,
    });
    if (!broken) return;
    if (broken === 'idle-timeout' || broken === 'max-lifetime') this.finish(broken);
    else this.fail(broken);
  }

  #onDelivered: (() => void) | undefined;

  readonly #read: ReadCallback = (bytes, length) => {
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
  };

  readonly #convert = (
    bytes: Buffer,
    start: number,
    end: number,
    frameStart: number,
    frameEnd: number,
  ): unknown => {
    this.#hasMessages = true;
    this.#setup.counters.messageRead();
    this.#deadlines.message();
    this.#throttle?.spend(1, 0);
    if (this.#isFrames) return copyFrame(bytes, start, end, frameStart, frameEnd);
    if (this.#streamDecoder) return this.#streamDecoder.decode(bytes, start, end);
    return this.#setup.format.decode(bytes, start, end);
  };

  #encode(message: M | Frame): void {
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
    if (this.#outbox.due > this.#setup.limits.highWaterMark) return true;
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

  readonly #written = (bytes: number): void => {
    this.#setup.counters.bytesWritten(bytes);
    this.#deadlines.wrote();
    if (this.#outbox.due > 0) return;
    if (this.#phase === 'finishing') this.#shutDown();
    else if (this.#isWriteEnded) this.#socket.end();
    if (!this.#isReading && this.#phase === 'open') this.#cork(() => this.#inbox.retry());
  };

  readonly #peerEnded = (): void => {
    this.#hasPeerEnded = true;
    if (this.#phase !== 'open') return;
    const { incompleteBytes } = this.#inbox;
    if (incompleteBytes > 0) {
      const what = `the client ended after ${incompleteBytes} bytes of an incomplete message`;
      this.#spoil(new MessageError('incomplete-message', what));
      return;
    }
    this.#endStream();
    this.#inbox.finish();
  };

  /** A stream's last character may have been cut off. */
  #endStream(): void {
    if (!this.#streamDecoder || this.#isFrames) return;
    try {
      const last = this.#streamDecoder.end();
      if (last !== undefined) this.#inbox.add(last);
    } catch (error) {
      this.#spoil(error);
    }
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

  readonly #socketFailed = (error: NodeJS.ErrnoException): void => {
    if (PEER_GONE.has(error.code ?? '')) this.#note('client-reset');
    else this.#note('socket-error', undefined, error);
  };

  readonly #socketClosed = (): void => {
    this.#note(this.#hasPeerEnded ? 'client-end' : 'handler-end');
    this.#phase = 'closed';
    this.#release();
    this.#setup.closed(this.#end!);
  };

  #note(reason: CloseReason, detail?: string, error?: unknown): void {
    this.#end ??= { reason, detail, error };
  }

  #reason(): CloseReason {
    return this.#end?.reason ?? 'handler-end';
  }

  #release(): void {
    clearTimeout(this.#lingerTimer);
    clearTimeout(this.#throttleTimer);
    const error = new ConnectionError(this.#reason());
    this.#inbox.abort(error);
    this.#outbox.fail(error);
    this.drain();
  }

  #shutDown(): void {
    this.#socket.end();
    if (this.#hasPeerEnded) return;
    this.#lingerTimer ??= setTimeout(() => this.#socket.destroy(), this.#setup.limits.lingerTimeout);
  }
}

function copyFrame(bytes: Buffer, start: number, end: number, frameStart: number, frameEnd: number): Frame {
  const copy = Buffer.from(bytes.subarray(frameStart, frameEnd));
  const isWhole = start === frameStart && end === frameEnd;
  return { bytes: copy, message: isWhole ? copy : copy.subarray(start - frameStart, end - frameStart) };
}
