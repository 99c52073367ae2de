import type { Socket } from 'node:net';

/**
 * Joins what is sent in one turn into one write, keeps one write under way at a time, and tells when
 * all is gone. What waits is a string as long as only strings come, else buffers.
 */
export class Outbox {
  readonly #socket: Socket;
  readonly #encoding: BufferEncoding;
  readonly #onWritten: (bytes: number) => void;
  #text = '';
  #parts: Uint8Array[] = [];
  #waitingBytes = 0;
  #writingBytes = 0;
  #isScheduled = false;
  #drained: PromiseWithResolvers<void> | undefined;
  /** Set while the caller flushes by itself when its turn ends. */
  isCorked = false;

  /** @param onWritten called after each write, with its bytes. */
  constructor(socket: Socket, encoding: BufferEncoding, onWritten: (bytes: number) => void) {
    this.#socket = socket;
    this.#encoding = encoding;
    this.#onWritten = onWritten;
  }

  /** Bytes due to the peer: not yet taken by the operating system. */
  get due(): number {
    return this.#waitingBytes + this.#writingBytes;
  }

  /** Appends a part of a message. */
  readonly add = (part: string | Uint8Array): void => {
    // Joined texts of base64 would end at the padding of the first.
    const piece = this.#encoding === 'base64' && typeof part === 'string' ? Buffer.from(part, 'base64') : part;
    if (typeof piece === 'string') {
      this.#text += piece;
      this.#waitingBytes += Buffer.byteLength(piece, this.#encoding);
    } else {
      this.#closeText();
      this.#parts.push(piece);
      this.#waitingBytes += piece.byteLength;
    }
    if (!this.isCorked && !this.#isScheduled) {
      this.#isScheduled = true;
      process.nextTick(this.#flushScheduled);
    }
  };

  /** Writes what waits, unless a write is under way: then it follows that one. */
  flush(): void {
    if (this.#writingBytes > 0 || this.#waitingBytes === 0 || this.#socket.destroyed) return;
    this.#writingBytes = this.#waitingBytes;
    this.#waitingBytes = 0;
    if (this.#parts.length === 0) {
      const text = this.#text;
      this.#text = '';
      this.#socket.write(text, this.#encoding, this.#written);
      return;
    }
    this.#closeText();
    const parts = this.#parts;
    this.#parts = [];
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
    this.#parts = [];
    this.#waitingBytes = 0;
    this.#drained?.reject(error);
    this.#drained = undefined;
  }

  readonly #flushScheduled = (): void => {
    this.#isScheduled = false;
    this.flush();
  };

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
    this.#onWritten(written);
  };

  #closeText(): void {
    if (this.#text === '') return;
    this.#parts.push(Buffer.from(this.#text, this.#encoding));
    this.#text = '';
  }
}
