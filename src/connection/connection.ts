/** One connection: its phases, its parts put together, and its one end. */
import type { CloseReason, ConnectionEnd } from '../base/close-reason.ts';
import type { Counters } from '../base/counters.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { ConnectionError, MessageError, isMessageError } from '../base/errors.ts';
import { showValue } from '../base/show-value.ts';
import { describeThrown } from '../base/thrown.ts';
import type { Format } from '../format/format.ts';
import type { Framing } from '../framing/framing.ts';
import type { ConnectionLimits } from '../options/connection-options.ts';
import type { FailureKind, Link, LinkEvents } from '../transport/transport.ts';
import { noteEnd, noteRefusal, type Sender, type Side } from './blame.ts';
import { Deadlines } from './deadlines.ts';
import { Flow, type FlowOwner } from './flow.ts';
import type { Connection, Frame, ThreadContext } from './handler.ts';
import { Intake, type IntakeOwner } from './intake.ts';
import { LastWait, type LastWaitOwner } from './last-wait.ts';
import { Mailbox, type Consumer, type MailboxOwner } from './mailbox.ts';
import { Outbox, type OutboxOwner } from './outbox.ts';
import { handledRejection, SENT } from './promises.ts';
import type { Turn } from './turn.ts';

/** What the connections of a thread have in common. */
export interface ConnectionSetup {
  readonly thread: ThreadContext;
  readonly framing: Framing;
  readonly format: Format;
  readonly limits: ConnectionLimits;
  /** Bytes due to the peer above which its messages aren't read. */
  readonly mostDueWhileReading: number;
  readonly counters: Counters;
  readonly turn: Turn;
  /** Whether their peers are served here or were called from here. */
  readonly side: Side;
  /** The handler has failed, whether that ends the connection or it has ended already. */
  failed(connection: LiveConnection, error: unknown): void;
  /** Called once for each connection, when it has ended. */
  ended(connection: LiveConnection, end: ConnectionEnd): void;
}

/** Who is connected. */
export interface Parties {
  readonly id: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
}

/**
 * One connection: open while its handler runs, then finishing (what was accepted is sent, then FIN, then the peer
 * has `lingerTimeout` to close its side), then closed. The first cause of its end is its close reason.
 */
export class LiveConnection
  implements
    Connection<unknown>,
    LinkEvents,
    IntakeOwner,
    MailboxOwner,
    OutboxOwner,
    FlowOwner,
    LastWaitOwner,
    Sender
{
  readonly id: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
  readonly thread: ThreadContext;
  context: unknown;
  readonly #setup: ConnectionSetup;
  readonly #link: Link;
  readonly #intake: Intake;
  readonly #mailbox: Mailbox;
  readonly #outbox: Outbox;
  readonly #flow: Flow;
  readonly #deadlines: Deadlines;
  #onDelivered: ((error: MessageError | undefined) => void) | undefined;
  #isFrames = false;
  #isWriteEnded = false;
  #hasPeerEnded = false;
  #hasFailed = false;
  #phase: 'open' | 'finishing' | 'closed' = 'open';
  #end: ConnectionEnd | undefined;
  #failure: unknown;
  #isCut = false;
  #lastWait: LastWait | undefined;
  #isDrained = false;
  #lingerTimer: NodeJS.Timeout | undefined;
  #abort: AbortController | undefined;
  #isAborted = false;

  /** @param open makes the link, which tells the connection of its events. */
  constructor(setup: ConnectionSetup, { id, peer, local }: Parties, open: (events: LinkEvents) => Link) {
    const { limits, framing, format } = setup;
    this.id = id;
    this.peer = peer;
    this.local = local;
    this.thread = setup.thread;
    this.#setup = setup;
    this.#mailbox = new Mailbox(this);
    this.#intake = new Intake(this, this.#mailbox, framing, format);
    this.#deadlines = new Deadlines(limits);
    this.#link = open(this);
    this.#outbox = new Outbox(this, this.#link, setup.turn, format.encoding);
    this.#flow = new Flow(this, this.#link, this.#outbox, setup.mostDueWhileReading, limits);
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.#isAborted) this.#tellAbort(this.#abort);
    }
    return this.#abort.signal;
  }

  get bytesRead(): number {
    return this.#link.bytesRead;
  }

  get bytesWritten(): number {
    return this.#link.bytesWritten;
  }

  receive(): Promise<unknown> {
    return this.#mailbox.receive();
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return this.#mailbox;
  }

  send(message: unknown): Promise<void> {
    if (this.#phase !== 'open' || this.#isWriteEnded) return this.#rejected();
    try {
      this.#encode(message);
    } catch (error) {
      return this.#refused(error);
    }
    this.#setup.counters.messageWritten();
    const { highWaterMark, maxWriteBuffer } = this.#setup.limits;
    if (!this.#outbox.exceeds(highWaterMark)) {
      // What was lent must be gone or copied when the promise resolves.
      if (!this.#outbox.isLent || this.#outbox.settleLoan()) return SENT;
      return this.#outbox.drainedOnce();
    }
    this.#outbox.flush();
    if (this.#outbox.isEmpty) return SENT;
    if (this.#outbox.exceeds(maxWriteBuffer)) this.fail('slow-reader');
    return this.#phase === 'open' ? this.#outbox.drainedOnce() : this.#rejected();
  }

  end(): void {
    if (this.#isWriteEnded) return;
    this.#isWriteEnded = true;
    this.#outbox.flush();
    if (this.#outbox.isEmpty) this.#link.end();
  }

  destroy(detail?: string): void {
    const isText = detail === undefined || typeof detail === 'string';
    this.fail('handler-destroy', isText ? detail : describeThrown(detail));
  }

  asFrames(): Connection<Frame> {
    this.#intake.asFrames();
    this.#isFrames = true;
    return this as unknown as Connection<Frame>;
  }

  /**
   * Delivers to a function, from the next {@link continue} on.
   * @param delivered called when all of the peer's messages were; with what was wrong with the next, where that is why.
   */
  consume(consumer: Consumer, delivered: (error: MessageError | undefined) => void): void {
    this.#onDelivered = delivered;
    this.#mailbox.consume(consumer);
  }

  /** After a consumer held back: go on. */
  continue(): void {
    this.#mailbox.takeOn();
    this.#goOn();
  }

  /** Aborts the handler's signal: its time is limited, or over. */
  abortSignal(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    if (this.#abort) this.#tellAbort(this.#abort);
  }

  /** The server closes: when the handler has had all that came, its wait for more ends. */
  endWait(): void {
    this.#lastWait ??= new LastWait(this);
    this.#lastWait.look();
  }

  /** The handler has finished, or nothing more is taken from it: sends what is pending, then closes. */
  finish(reason: CloseReason = this.#finishReason()): void {
    if (this.#phase !== 'open') return;
    this.#note(reason);
    this.#finish();
  }

  /**
   * The handler has failed, or the framing it brought along. What was sent goes out; then the connection is reset, as its
   * end must not look like that of a complete stream.
   */
  handlerFailed(error: unknown): void {
    // The same one may come by several ways.
    if (typeof error === 'object' && error !== null && error === this.#failure) return;
    this.#failure = error;
    this.#setup.failed(this, error);
    if (this.#phase !== 'open') return;
    this.#note('handler-error', undefined, error);
    this.#isCut = true;
    this.#finish();
  }

  /** Cuts the connection short: resets it, so that the peer can tell. */
  fail(reason: CloseReason, detail?: string): void {
    if (this.#phase === 'closed') return;
    this.#note(reason, detail);
    this.#phase = 'closed';
    this.#release();
    this.reset();
  }

  /** Resets the link alone; when its thread ends, main knows the reason. */
  reset(): void {
    this.#link.reset();
  }

  /** Holds the connection to its time limits; called regularly. */
  checkDeadlines(now: number): void {
    if (this.#phase === 'closed') return;
    const isFinishing = this.#phase === 'finishing';
    const broken = this.#deadlines.broken(now, {
      isDue: !this.#outbox.isEmpty,
      unsent: this.#link.unsent,
      incomplete: this.#flow.isReading ? this.#intake.incompleteBytes : 0,
      isFinishing,
      isThrottled: this.#flow.isThrottled,
    });
    if (!broken) return;
    if (broken === 'idle-timeout' || broken === 'max-lifetime') this.finish(broken);
    else this.fail(broken);
  }

  read(bytes: Buffer, start: number, end: number): boolean {
    this.#setup.turn.end();
    this.#setup.counters.bytesRead(end - start);
    this.#deadlines.read();
    if (this.#phase !== 'open') return true;
    this.#outbox.isCorked = true;
    const goOn = this.#intake.take(bytes, start, end);
    this.#outbox.isCorked = false;
    this.#outbox.flush();
    this.#deadlines.taken(this.#intake.incompleteBytes);
    this.#flow.bytesRead(end - start);
    this.#lastWait?.look();
    return this.#flow.setReading(this.#phase !== 'open' || (goOn && !this.#flow.isHeldBack()));
  }

  written(): void {
    this.#outbox.written();
  }

  peerEnded(): void {
    this.#hasPeerEnded = true;
    if (this.#phase !== 'open') return;
    const { incompleteBytes } = this.#intake;
    if (incompleteBytes > 0) {
      const what = `the peer ended after ${incompleteBytes} bytes of an incomplete message`;
      this.spoiled(new MessageError('incomplete-message', what));
      return;
    }
    this.#intake.endOfBytes();
    this.#mailbox.finish();
  }

  linkFailed(kind: FailureKind, error: Error): void {
    this.#hasFailed = true;
    if (kind === 'peer-gone') this.#note('peer-reset');
    else this.#note('socket-error', undefined, error);
  }

  linkClosed(): void {
    const isWhole = this.#phase === 'open' && this.#hasPeerEnded && !this.#hasFailed;
    this.#note(this.#hasPeerEnded ? 'peer-end' : 'handler-end');
    this.#phase = 'closed';
    this.#release(isWhole);
    this.#setup.ended(this, this.#end!);
  }

  isHeldBack(): boolean {
    return this.#flow.isHeldBack();
  }

  messageRead(): void {
    this.#setup.counters.messageRead();
    this.#deadlines.message();
    this.#flow.messageRead();
  }

  messageWanted(): void {
    this.#outbox.flush();
    this.#intake.goOn();
    this.#lastWait?.look();
  }

  isWaiting(): boolean {
    if (this.#phase !== 'open' || !this.#flow.isReading) return false;
    return this.#mailbox.isWaiting && !this.#intake.hasRest && this.#intake.incompleteBytes === 0;
  }

  waitEnded(): void {
    this.#isDrained = true;
    this.#mailbox.finish();
  }

  bytesWanted(): void {
    if (this.#phase !== 'open' || this.#flow.isReading) return;
    const isBehind = this.#intake.hasRest || this.#mailbox.isBehind;
    if (!isBehind && !this.#flow.isHeldBack()) this.#flow.resume();
  }

  delivered(): void {
    const error = this.#phase === 'open' ? this.#end?.error : undefined;
    this.#onDelivered?.(isMessageError(error) ? error : undefined);
  }

  /** The peer's bytes are no message: receiving ends, the handler may still answer. */
  spoiled(error: unknown): void {
    if (!isMessageError(error)) {
      this.handlerFailed(error);
      return;
    }
    error.connectionId = this.id;
    error.message = `connection ${this.id}: ${error.message}`;
    noteEnd(error, this.#setup.side);
    this.#note(error.code, undefined, error);
    this.#intake.discard();
    this.#mailbox.finish(error);
  }

  throttleEnded(): void {
    this.#goOn();
  }

  bytesTaken(bytes: number): void {
    this.#setup.counters.bytesWritten(bytes);
    this.#deadlines.wrote();
  }

  drained(): void {
    if (this.#phase === 'finishing') this.#shutDown();
    else if (this.#isWriteEnded) this.#link.end();
    if (!this.#flow.isReading && this.#phase === 'open') this.#goOn();
  }

  #encode(message: unknown): void {
    if (this.#isFrames) {
      this.#outbox.add(frameBytes(message));
      return;
    }
    const { format, framing } = this.#setup;
    framing.encode(format.encode(message), format.encoding, this.#outbox.add);
  }

  /** Delivers what was held back, and writes all that is sent meanwhile at once. */
  #goOn(): void {
    this.#outbox.isCorked = true;
    this.#intake.goOn();
    this.#outbox.isCorked = false;
    this.#outbox.flush();
    this.#lastWait?.look();
  }

  /** @returns the rejection of a message that couldn't be sent. */
  #refused(error: unknown): Promise<never> {
    if (!isMessageError(error)) {
      this.handlerFailed(error);
      return this.#rejected();
    }
    error.connectionId = this.id;
    noteRefusal(error, this);
    return Promise.reject(error);
  }

  #rejected(): Promise<never> {
    return handledRejection(this.#ownEnd()());
  }

  #tellAbort(abort: AbortController): void {
    abort.abort();
    noteEnd(abort.signal.reason as object, this.#setup.side);
  }

  #note(reason: CloseReason, detail?: string, error?: unknown): void {
    this.#end ??= { reason, detail, error };
  }

  #finishReason(): CloseReason {
    if (this.#hasPeerEnded) return 'peer-end';
    return this.#isDrained ? 'server-drain' : 'handler-end';
  }

  #finish(): void {
    this.#phase = 'finishing';
    this.#stopReceiving();
    this.abortSignal();
    this.#outbox.flush();
    this.#flow.resume();
    if (this.#outbox.isEmpty) this.#shutDown();
  }

  #stopReceiving(): void {
    this.#intake.discard();
    this.#mailbox.abort(this.#ownEnd());
  }

  /** Makes the error when somebody wants it: most connections end without, and its stack is dear. */
  #ownEnd(): () => ConnectionError {
    const { reason, error: cause } = this.#end ?? { reason: 'handler-end' };
    const { side } = this.#setup;
    const { id } = this;
    return () => {
      const error = new ConnectionError(reason, cause === undefined ? undefined : { cause });
      error.connectionId = id;
      noteEnd(error, side);
      return error;
    };
  }

  /** @param isWhole whether both sides have ended in order: then what waits for the handler is still delivered. */
  #release(isWhole = false): void {
    clearTimeout(this.#lingerTimer);
    this.#flow.stop();
    if (!isWhole) this.#stopReceiving();
    this.#outbox.fail(this.#ownEnd());
    this.abortSignal();
  }

  /** Everything was sent. */
  #shutDown(): void {
    if (this.#isCut) {
      // The handler had ended its side before it failed.
      if (this.#isWriteEnded) this.#link.end();
      this.#resetLater();
      return;
    }
    // Everything was read, too: closing alone says FIN.
    if (this.#hasPeerEnded) {
      this.#link.close();
      return;
    }
    this.#link.end();
    this.#lingerTimer ??= setTimeout(() => this.#link.close(), this.#setup.limits.lingerTimeout);
  }

  /** A reset takes along what the system has taken and the peer has not. */
  #resetLater(): void {
    const { lingerTimeout } = this.#setup.limits;
    if (this.#link.bytesWritten === 0) this.fail('handler-error');
    else this.#lingerTimer ??= setTimeout(() => this.fail('handler-error'), lingerTimeout);
  }
}

function frameBytes(message: unknown): Uint8Array {
  const bytes = (message as Partial<Frame> | null | undefined)?.bytes;
  if (bytes instanceof Uint8Array) return bytes;
  throw new MessageError(
    'invalid-message',
    `a connection of frames sends frames, with their bytes; got ${showValue(message)}`,
  );
}
