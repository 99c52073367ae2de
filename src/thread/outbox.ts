import type { Socket } from 'node:net';

/** What an outbox tells its connection `C`; one table serves all connections. */
export interface OutboxHooks<C> {
  /** The operating system has taken the bytes of one write. */
  written(connection: C, bytes: number): void;
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
  #waitingBytes = 0;
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

  /** Bytes due to the peer: not yet taken by the operating system. */
  get due(): number {
    return this.#waitingBytes + this.#writingBytes;
  }

  /** Appends a part of a message. */
  readonly add = (part: string | Uint8Array): void => {
    // Joined texts of base64 would end at the padding of the first.
    const piece =
      this.#encoding === 'base64' && typeof part === 'string' ? Buffer.from(part, 'base64') : part;
    if (typeof piece === 'string') {
      this.#text += piece;
      this.#waitingBytes += Buffer.byteLength(piece, this.#encoding);
    } else {
      this.#closeText();
      this.#parts ??= [];
      this.#parts.push(piece);
      this.#waitingBytes += piece.byteLength;
    }
    if (!this.isCorked && !this.#isScheduled) {
      this.#isScheduled = true;
      process.nextTick(flushScheduled, this);
    }
  };

  /** Writes what waits, unless a write is under way: then it follows that one. */
  flush(): void {
    this.#isScheduled = false;
    if (this.#writingBytes > 0 || this.#waitingBytes === 0 || this.#socket.destroyed) return;
    this.#writingBytes = this.#waitingBytes;
    this.#waitingBytes = 0;
    if (!this.#parts) {
      const text = this.#text;
      this.#text = '';
      this.#socket.write(text, this.#encoding, this.#written);
      return;
    }
    this.#closeText();
    const parts = this.#parts;
    this.#parts = undefined;
    this.#socket.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts), this.#written);
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
  fail(error: Error): void {
    this.#text = '';
    this.#parts = undefined;
    this.#waitingBytes = 0;
    this.#drained?.reject(error);
    this.#drained = undefined;
  }

  readonly #written = (error?: Error | null): void => {
    // The socket reports its error and its close by itself.
    if (error) return;
    const written = this.#writingBytes;
    this.#writingBytes = 0;
    this.flush();
    if (this.due === 0) {
      this.#drained?.resolve();
      this.#drained = undefined;
    }
    this.#hooks.written(this.#connection, written);
  };

  #closeText(): void {
    if (this.#text === '') return;
    this.#parts ??= [];
    this.#parts.push(Buffer.from(this.#text, this.#encoding));
    this.#text = '';
  }
}

function flushScheduled<C>(outbox: Outbox<C>): void {
  outbox.flush();
}
