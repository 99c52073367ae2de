import type { Socket } from 'node:net';

/** What an outbox tells its connection `C`; one table serves all connections. */
export interface OutboxHooks<C> {
  /** The operating system has taken the bytes of one write. */
  written(connection: C, bytes: number): void;
  /** Nothing is due any more. Called by the event loop, never from within {@link Outbox.flush}. */
  drained(connection: C): void;
}

const NOTHING = Buffer.alloc(0);
const MOST_BYTES_PER_CODE_UNIT = 3;
const FIRST_LOW_SURROGATE = 0xdc00;
const LAST_LOW_SURROGATE = 0xdfff;

/** Outboxes of this thread that nobody has promised to flush: the first `scheduledCount`. */
const scheduled: (Pick<Outbox<unknown>, 'flushScheduled'> | undefined)[] = [];
let scheduledCount = 0;

/**
 * Flushes what was sent since the event loop came by last. Called at the next event of any connection, so that none waits
 * for the handler of another, and at the latest when the loop has seen to all events: that costs one callback for all of them.
 */
export function flushScheduled(): void {
  for (let index = 0; index < scheduledCount; index++) {
    const outbox = scheduled[index]!;
    scheduled[index] = undefined;
    outbox.flushScheduled();
  }
  scheduledCount = 0;
}

/**
 * Joins what is sent in one turn into one write, keeps one write under way at a time, and tells when
 * all is gone. What waits is a string as long as only strings come, else buffers.
 */
export class Outbox<C> {
  readonly #connection: C;
  readonly #hooks: OutboxHooks<C>;
  readonly #socket: Socket;
  readonly #encoding: BufferEncoding;
  #text = '';
  #parts: Uint8Array[] | undefined;
  #partBytes = 0;
  #writingBytes = 0;
  #isScheduled = false;
  #drained: PromiseWithResolvers<void> | undefined;
  /** Set while the caller flushes by itself when its turn ends. */
  isCorked = false;

  constructor(connection: C, hooks: OutboxHooks<C>, socket: Socket, encoding: BufferEncoding) {
    this.#connection = connection;
    this.#hooks = hooks;
    this.#socket = socket;
    this.#encoding = encoding;
  }

  /** Whether everything was taken by the operating system. */
  get isEmpty(): boolean {
    return this.#writingBytes === 0 && this.#isNothingWaiting();
  }

  /** Whether more than `limit` bytes are due to the peer: not yet taken by the operating system. */
  exceeds(limit: number): boolean {
    if (this.#writingBytes + this.#partBytes > limit) return true;
    if (this.#text === '') return false;
    const most = this.#writingBytes + this.#partBytes + this.#text.length * MOST_BYTES_PER_CODE_UNIT;
    if (most <= limit) return false;
    // Only now is it worth knowing how long the text is.
    this.#closeText();
    return this.#writingBytes + this.#partBytes > limit;
  }

  /** Appends a part of a message. */
  readonly add = (part: string | Uint8Array): void => {
    if (typeof part !== 'string') this.#addBytes(part);
    // Joined texts of base64 would end at the padding of the first.
    else if (this.#encoding === 'base64') this.#addBytes(Buffer.from(part, 'base64'));
    else {
      // Halves of a character that two messages hold must not become one.
      if (isLowSurrogate(part)) this.#closeText();
      this.#text += part;
    }
    if (this.isCorked || this.#isScheduled) return;
    this.#isScheduled = true;
    if (scheduledCount === 0) setImmediate(flushScheduled);
    scheduled[scheduledCount++] = this;
  };

  /** Writes what waits, unless a write is under way: then it follows that one. */
  flush(): void {
    const socket = this.#socket;
    if (this.#writingBytes > 0 || this.#isNothingWaiting() || socket.destroyed) return;
    const bytes = this.#write();
    // Node calls back in a later tick even when the operating system has taken all at once, as it nearly always does.
    if (socket.writableLength > 0) {
      this.#writingBytes = bytes;
      socket.write(NOTHING, (error) => this.#written(error));
    } else if (socket.errored) {
      this.#writingBytes = bytes;
    } else {
      this.#hooks.written(this.#connection, bytes);
      if (this.isEmpty) this.#resolveDrained();
    }
  }

  flushScheduled(): void {
    this.#isScheduled = false;
    if (this.isEmpty) return;
    this.flush();
    if (this.isEmpty) this.#hooks.drained(this.#connection);
  }

  /** Resolves when nothing is due any more; rejects when {@link fail} comes first. */
  drained(): Promise<void> {
    if (!this.#drained) {
      this.#drained = Promise.withResolvers();
      // A caller may leave the promise alone; that must not count as an unhandled rejection.
      this.#drained.promise.catch(() => {});
    }
    return this.#drained.promise;
  }

  /** Forgets what waits; nothing will be written any more. */
  fail(error: () => Error): void {
    this.#text = '';
    this.#parts = undefined;
    this.#partBytes = 0;
    this.#drained?.reject(error());
    this.#drained = undefined;
  }

  #isNothingWaiting(): boolean {
    return this.#text === '' && this.#parts === undefined;
  }

  /** @returns how many bytes. */
  #write(): number {
    if (!this.#parts) {
      const text = this.#text;
      this.#text = '';
      this.#socket.write(text, this.#encoding);
      return Buffer.byteLength(text, this.#encoding);
    }
    this.#closeText();
    const parts = this.#parts;
    const bytes = this.#partBytes;
    this.#parts = undefined;
    this.#partBytes = 0;
    this.#socket.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts, bytes));
    return bytes;
  }

  #written(error: Error | null | undefined): void {
    // The socket reports its error and its close by itself.
    if (error) return;
    const written = this.#writingBytes;
    this.#writingBytes = 0;
    this.#hooks.written(this.#connection, written);
    this.flush();
    if (!this.isEmpty) return;
    this.#resolveDrained();
    this.#hooks.drained(this.#connection);
  }

  #resolveDrained(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  #addBytes(bytes: Uint8Array): void {
    this.#closeText();
    this.#parts ??= [];
    this.#parts.push(bytes);
    this.#partBytes += bytes.byteLength;
  }

  #closeText(): void {
    if (this.#text === '') return;
    const bytes = Buffer.from(this.#text, this.#encoding);
    this.#text = '';
    this.#addBytes(bytes);
  }
}

function isLowSurrogate(text: string): boolean {
  const first = text.charCodeAt(0);
  return first >= FIRST_LOW_SURROGATE && first <= LAST_LOW_SURROGATE;
}
