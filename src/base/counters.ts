const NUMBERS = ['messagesRead', 'messagesWritten', 'bytesRead', 'bytesWritten'] as const;

/** A snapshot of one thread's numbers. */
export type CounterSnapshot = Record<(typeof NUMBERS)[number], number>;

const ACKNOWLEDGED = 0;
const ROOM_WANTED = 1;
const HEARTBEAT = 2;
const FLAGS = 4;
const MESSAGES_READ = 0;
const MESSAGES_WRITTEN = 1;
const BYTES_READ = 2;
const BYTES_WRITTEN = 3;

/**
 * One thread's numbers in shared memory: only the thread counts, main looks when it wants to know, and no message
 * is sent for a message. Floats, as bytes outgrow 32 bits; 64-bit machines write them whole.
 */
export class Counters {
  readonly buffer: SharedArrayBuffer;
  readonly #flags: Int32Array;
  readonly #numbers: Float64Array;

  constructor(buffer = new SharedArrayBuffer(4 * FLAGS + 8 * NUMBERS.length)) {
    this.buffer = buffer;
    this.#flags = new Int32Array(buffer, 0, FLAGS);
    this.#numbers = new Float64Array(buffer, 4 * FLAGS);
  }

  messageRead(): void {
    this.#numbers[MESSAGES_READ]!++;
  }

  messageWritten(): void {
    this.#numbers[MESSAGES_WRITTEN]!++;
  }

  bytesRead(bytes: number): void {
    this.#numbers[BYTES_READ]! += bytes;
  }

  bytesWritten(bytes: number): void {
    this.#numbers[BYTES_WRITTEN]! += bytes;
  }

  /** Hand-offs the thread has taken; wraps at 32 bits. */
  get acknowledged(): number {
    return Atomics.load(this.#flags, ACKNOWLEDGED);
  }

  acknowledge(): void {
    Atomics.add(this.#flags, ACKNOWLEDGED, 1);
  }

  /** Main asks to be told of the next acknowledgement. */
  wantRoom(): void {
    Atomics.store(this.#flags, ROOM_WANTED, 1);
  }

  /** The thread takes that wish, once. */
  takeRoomWanted(): boolean {
    return (
      Atomics.load(this.#flags, ROOM_WANTED) === 1 && Atomics.exchange(this.#flags, ROOM_WANTED, 0) === 1
    );
  }

  /** Beats of the thread's event loop. */
  get heartbeat(): number {
    return Atomics.load(this.#flags, HEARTBEAT);
  }

  beat(): void {
    Atomics.add(this.#flags, HEARTBEAT, 1);
  }

  snapshot(): CounterSnapshot {
    const [messagesRead = 0, messagesWritten = 0, bytesRead = 0, bytesWritten = 0] = this.#numbers;
    return { messagesRead, messagesWritten, bytesRead, bytesWritten };
  }
}
