/** From bytes to messages. */
import type { Format, StreamDecoder } from '../format/format.ts';
import type { Decoder, Framing } from '../framing/framing.ts';
import type { Frame } from './handler.ts';
import type { Mailbox } from './mailbox.ts';

/** What an intake asks of the connection that owns it. */
export interface IntakeOwner {
  /** Whether no further message may be delivered for now; {@link Intake.goOn} follows. */
  isHeldBack(): boolean;
  /** A message has come. */
  messageRead(): void;
  /** Reading may go on. */
  bytesWanted(): void;
  /** The decoder or the format can't make a message of the bytes. */
  spoiled(error: unknown): void;
}

/**
 * Turns the bytes of reads into messages, as fast as they are taken. It holds at most the rest of one read and
 * what the decoder holds of one incomplete message.
 */
export class Intake {
  readonly #owner: IntakeOwner;
  readonly #mailbox: Mailbox;
  readonly #decoder: Decoder;
  readonly #format: Format;
  #stream: StreamDecoder<unknown> | undefined;
  #isFrames = false;
  #hasMessages = false;
  #rest: Buffer | undefined;
  #restStart = 0;

  constructor(owner: IntakeOwner, mailbox: Mailbox, framing: Framing, format: Format) {
    this.#owner = owner;
    this.#mailbox = mailbox;
    this.#decoder = framing.createDecoder();
    this.#format = format;
    this.#stream = framing.isStream ? format.createStreamDecoder() : undefined;
  }

  /** Bytes of a message that has begun and isn't complete. */
  get incompleteBytes(): number {
    return this.#decoder.buffered;
  }

  /** Whether bytes wait to become messages. */
  get hasRest(): boolean {
    return this.#rest !== undefined;
  }

  /**
   * Delivers whole frames from now on.
   * @throws Error after the first message.
   */
  asFrames(): void {
    if (this.#hasMessages) throw new Error('asFrames() must be called before the first message has come');
    this.#isFrames = true;
    this.#stream = undefined;
  }

  /**
   * Takes the bytes of one read, which are copied when they have to wait.
   * @returns whether to go on reading.
   */
  take(bytes: Buffer, start: number, end: number): boolean {
    const isBehind = this.#rest !== undefined || this.#mailbox.isBehind || !this.#mayDeliver();
    const taken = isBehind ? start : this.#decode(bytes, start, end);
    if (this.#mailbox.hasEnd) return false;
    if (taken < end) {
      this.#rest = Buffer.from(bytes.subarray(taken, end));
      this.#restStart = 0;
      return false;
    }
    return true;
  }

  /** Delivers what was held back, as far as it is allowed now, then asks for more. */
  goOn(): void {
    this.#decodeRest();
    if (this.#rest === undefined && this.#mayDeliver()) this.#owner.bytesWanted();
    this.#mailbox.settle();
  }

  /** The peer has ended: delivers what is left of a stream that may have been cut within a character. */
  endOfBytes(): void {
    try {
      const last = this.#stream?.end();
      if (last !== undefined) this.#mailbox.put(last);
    } catch (error) {
      this.#owner.spoiled(error);
    }
  }

  /** Forgets the bytes that wait. */
  discard(): void {
    this.#rest = undefined;
  }

  #mayDeliver(): boolean {
    return this.#mailbox.isTaking && !this.#mailbox.hasEnd && !this.#owner.isHeldBack();
  }

  #decodeRest(): void {
    const rest = this.#rest;
    if (!rest || !this.#mayDeliver()) return;
    this.#restStart = this.#decode(rest, this.#restStart, rest.length);
    if (this.#restStart === rest.length) this.#rest = undefined;
  }

  #decode(bytes: Buffer, start: number, end: number): number {
    try {
      this.#format.begin?.(bytes, end);
      return this.#decoder.decode(bytes, start, end, this.#emit);
    } catch (error) {
      this.#owner.spoiled(error);
      return end;
    }
  }

  readonly #emit = (
    bytes: Buffer,
    start: number,
    end: number,
    frameStart: number,
    frameEnd: number,
  ): boolean => {
    this.#hasMessages = true;
    this.#owner.messageRead();
    const message = this.#isFrames
      ? copyFrame(bytes, start, end, frameStart, frameEnd)
      : (this.#stream ?? this.#format).decode(bytes, start, end);
    // Of a stream all bytes may be held back.
    if (message === undefined && this.#stream) return this.#mayDeliver();
    return this.#mailbox.put(message) && this.#mayDeliver();
  };
}

function copyFrame(bytes: Buffer, start: number, end: number, frameStart: number, frameEnd: number): Frame {
  const copy = Buffer.from(bytes.subarray(frameStart, frameEnd));
  const isWhole = start === frameStart && end === frameEnd;
  return { bytes: copy, message: isWhole ? copy : copy.subarray(start - frameStart, end - frameStart) };
}
