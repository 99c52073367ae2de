/** From what was sent to the link. */
import type { Link } from '../transport/transport.ts';
import { Copies, MOST_COPIED } from './copies.ts';
import { handled } from './promises.ts';
import type { Turn, TurnEnd } from './turn.ts';

/** What an outbox tells the connection that owns it. */
export interface OutboxOwner {
  /** The system has taken the bytes of one write. */
  bytesTaken(bytes: number): void;
  /** Nothing is due any more. Called by the event loop, never from within {@link Outbox.flush}. */
  drained(): void;
}

const MOST_BYTES_PER_CODE_UNIT = 3;
const FIRST_LOW_SURROGATE = 0xdc00;
const LAST_LOW_SURROGATE = 0xdfff;

/**
 * Joins what is sent in one turn into one write, keeps one write under way at a time, and tells when
 * all is gone. What waits is a string as long as only strings come, else bytes: small parts are copied as they come, large
 * ones are lent by who sent them.
 */
export class Outbox implements TurnEnd {
  readonly #owner: OutboxOwner;
  readonly #link: Link;
  readonly #turn: Turn;
  readonly #encoding: BufferEncoding;
  #text = '';
  #parts: Uint8Array[] | undefined;
  /** Copies that wait behind these parts. */
  #copies: Copies | undefined;
  /** Of parts and copies. */
  #waitingBytes = 0;
  #isWriting = false;
  #writingBytes = 0;
  #awaitsTurnEnd = false;
  #drained: PromiseWithResolvers<void> | undefined;
  /** Set while the caller flushes by itself when it is done. */
  isCorked = false;
  /** Whether a part was added that isn't copied: it must not change until it is written. */
  isLent = false;

  constructor(owner: OutboxOwner, link: Link, turn: Turn, encoding: BufferEncoding) {
    this.#owner = owner;
    this.#link = link;
    this.#turn = turn;
    this.#encoding = encoding;
  }

  /** Whether everything was taken by the system. */
  get isEmpty(): boolean {
    return !this.#isWriting && this.#isNothingWaiting();
  }

  /** Whether more than `limit` bytes are due to the peer: not yet taken by the system. */
  exceeds(limit: number): boolean {
    if (this.#writingBytes + this.#waitingBytes > limit) return true;
    if (this.#text === '') return false;
    const most = this.#writingBytes + this.#waitingBytes + this.#text.length * MOST_BYTES_PER_CODE_UNIT;
    if (most <= limit) return false;
    // Only now is it worth knowing how long the text is.
    this.#closeText();
    return this.#writingBytes + this.#waitingBytes > limit;
  }

  /** Appends a part of a message. */
  readonly add = (part: string | Uint8Array): void => {
    if (typeof part !== 'string') this.#addBytes(part, false);
    // Joined texts of base64 would end at the padding of the first.
    else if (this.#encoding === 'base64') this.#addBytes(Buffer.from(part, 'base64'), true);
    else {
      // Halves of a character that two messages hold must not become one.
      if (isLowSurrogate(part)) this.#closeText();
      this.#text += part;
    }
    if (this.isCorked || this.#awaitsTurnEnd) return;
    this.#awaitsTurnEnd = true;
    this.#turn.add(this);
  };

  /** Writes what waits, unless a write is under way: then it follows that one. */
  flush(): void {
    if (this.#isWriting || this.#isNothingWaiting()) return;
    const before = this.#link.bytesWritten;
    const isTaken = this.#write();
    const bytes = this.#link.bytesWritten - before;
    if (!isTaken) {
      this.#isWriting = true;
      this.#writingBytes = bytes;
      return;
    }
    this.#owner.bytesTaken(bytes);
    if (this.isEmpty) this.#resolveDrained();
  }

  /**
   * Sees to it that nothing is lent any more: writes it or, when another write is under way, copies it.
   * @returns false when the system hasn't taken all: then it is gone when the outbox is {@link drainedOnce}.
   */
  settleLoan(): boolean {
    if (this.#isWriting) {
      this.#closeCopies();
      this.#parts = [Buffer.concat(this.#parts!, this.#waitingBytes)];
      this.isLent = false;
      return true;
    }
    this.flush();
    return this.isEmpty;
  }

  turnEnded(): void {
    this.#awaitsTurnEnd = false;
    if (this.isEmpty) return;
    this.flush();
    if (this.isEmpty) this.#owner.drained();
  }

  /** The system has taken the write under way. */
  written(): void {
    const bytes = this.#writingBytes;
    this.#isWriting = false;
    this.#writingBytes = 0;
    this.#copies?.giveBack();
    this.#owner.bytesTaken(bytes);
    this.flush();
    if (!this.isEmpty) return;
    this.#resolveDrained();
    this.#owner.drained();
  }

  /** Resolves when nothing is due any more; rejects when {@link fail} comes first. */
  drainedOnce(): Promise<void> {
    this.#drained ??= Promise.withResolvers();
    return handled(this.#drained.promise);
  }

  /** Forgets what waits; nothing will be written any more. */
  fail(error: () => Error): void {
    this.#text = '';
    this.#parts = undefined;
    this.#copies?.drop();
    this.#waitingBytes = 0;
    this.#drained?.reject(error());
    this.#drained = undefined;
  }

  #isNothingWaiting(): boolean {
    return this.#text === '' && this.#waitingBytes === 0;
  }

  /** @returns whether the system has taken all. */
  #write(): boolean {
    if (this.#waitingBytes === 0) {
      const text = this.#text;
      this.#text = '';
      return this.#link.writeText(text, this.#encoding);
    }
    this.#closeText();
    this.#closeCopies();
    const parts = this.#parts!;
    const length = this.#waitingBytes;
    this.#parts = undefined;
    this.#waitingBytes = 0;
    this.isLent = false;
    this.#copies?.handOver();
    const isTaken = this.#link.writeBytes(parts, length);
    if (isTaken) this.#copies?.giveBack();
    return isTaken;
  }

  #resolveDrained(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** @param isOwn whether nobody else has them. */
  #addBytes(bytes: Uint8Array, isOwn: boolean): void {
    this.#closeText();
    const { byteLength } = bytes;
    if (byteLength === 0) return;
    this.#waitingBytes += byteLength;
    if (byteLength <= MOST_COPIED) {
      this.#copy(bytes);
      return;
    }
    this.#closeCopies();
    this.#parts ??= [];
    this.#parts.push(bytes);
    this.isLent ||= !isOwn;
  }

  #copy(bytes: Uint8Array): void {
    this.#copies ??= new Copies();
    if (this.#copies.add(bytes)) return;
    this.#closeCopies();
    this.#copies.add(bytes);
  }

  #closeCopies(): void {
    if (this.#copies === undefined || this.#copies.isEmpty) return;
    this.#parts ??= [];
    this.#parts.push(this.#copies.take());
  }

  #closeText(): void {
    if (this.#text === '') return;
    const bytes = Buffer.from(this.#text, this.#encoding);
    this.#text = '';
    this.#addBytes(bytes, true);
  }
}

function isLowSurrogate(text: string): boolean {
  const first = text.charCodeAt(0);
  return first >= FIRST_LOW_SURROGATE && first <= LAST_LOW_SURROGATE;
}
