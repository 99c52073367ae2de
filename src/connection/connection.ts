import type { CloseReason, ConnectionEnd } from '../base/close-reason.ts';
import type { Counters } from '../base/counters.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { ConnectionError, MessageError } from '../base/errors.ts';
import type { Format } from '../format/format.ts';
import type { Framing } from '../framing/framing.ts';
import type { ConnectionLimits } from '../options/connection-options.ts';
import type { FailureKind, Link, LinkEvents } from '../transport/transport.ts';
import { Deadlines } from './deadlines.ts';
import { Flow, type FlowOwner } from './flow.ts';
import type { Connection, Frame, ThreadContext } from './handler.ts';
import { Intake, type IntakeOwner } from './intake.ts';
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
  implements Connection<unknown>, LinkEvents, IntakeOwner, MailboxOwner, OutboxOwner, FlowOwner
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
  #onDelivered: (() => void) | undefined;
  #isFrames = false;
  #isWriteEnded = false;
  #hasPeerEnded = false;
  #hasFailed = false;
  #phase: 'open' | 'finishing' | 'closed' = 'open';
  #end: ConnectionEnd | undefined;
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
      if (this.#isAborted) this.#abort.abort();
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
      ? this.#outbox.drainedOnce()
      : handledRejection(new ConnectionError(this.#reason()));
  }

  end(): void {
    if (this.#isWriteEnded) return;
    this.#isWriteEnded = true;
    this.#outbox.flush();
    if (this.#outbox.isEmpty) this.#link.end();
  }

  destroy(detail?: string): void {
    this.fail('handler-destroy', { detail });
  }

  asFrames(): Connection<Frame> {
    this.#intake.asFrames();
    this.#isFrames = true;
    return this as unknown as Connection<Frame>;
  }

  /** Delivers to a function, from the next {@link continue} on; `delivered` is called when all of the peer's messages were. */
  consume(consumer: Consumer, delivered: () => void): void {
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
    this.#isAborted = true;
    this.#abort?.abort();
  }

  /** The handler has finished, or nothing more is taken from it: sends what is pending, then closes. */
  finish(reason: CloseReason = this.#hasPeerEnded ? 'peer-end' : 'handler-end'): void {
    if (this.#phase !== 'open') return;
    this.#note(reason);
    this.#phase = 'finishing';
    this.#stopReceiving();
    this.abortSignal();
    this.#outbox.flush();
    this.#flow.resume();
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

  /** Resets the link alone; when its thread ends, main knows the reason. */
  reset(): void {
    this.#link.reset();
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
  }

  bytesWanted(): void {
    if (this.#phase !== 'open' || this.#flow.isReading) return;
    const isBehind = this.#intake.hasRest || this.#mailbox.isBehind;
    if (!isBehind && !this.#flow.isHeldBack()) this.#flow.resume();
  }

  delivered(): void {
    this.#onDelivered?.();
  }

  /** The peer's bytes are no message: receiving ends, the handler may still answer. */
  spoiled(error: unknown): void {
    if (!(error instanceof MessageError)) {
      this.fail('handler-error', { error });
      return;
    }
    error.connectionId = this.id;
    error.message = `connection ${this.id}: ${error.message}`;
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
      this.#outbox.add((message as Frame).bytes);
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
  }

  #note(reason: CloseReason, detail?: string, error?: unknown): void {
    this.#end ??= { reason, detail, error };
  }

  #reason(): CloseReason {
    return this.#end?.reason ?? 'handler-end';
  }

  #stopReceiving(): void {
    this.#intake.discard();
    this.#mailbox.abort(this.#ownEnd());
  }

  /** Makes the error when somebody wants it: most connections end without, and its stack is dear. */
  #ownEnd(): () => Error {
    const reason = this.#reason();
    return () => new ConnectionError(reason);
  }

  /** @param isWhole whether both sides have ended in order: then what waits for the handler is still delivered. */
  #release(isWhole = false): void {
    clearTimeout(this.#lingerTimer);
    this.#flow.stop();
    if (!isWhole) this.#stopReceiving();
    this.#outbox.fail(this.#ownEnd());
    this.abortSignal();
  }

  #shutDown(): void {
    // Everything was sent and everything read: closing alone says FIN.
    if (this.#hasPeerEnded) {
      this.#link.close();
      return;
    }
    this.#link.end();
    this.#lingerTimer ??= setTimeout(() => this.#link.close(), this.#setup.limits.lingerTimeout);
  }
}
