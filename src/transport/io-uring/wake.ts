/**
 * How a ring wakes its thread: an eventfd that Node's event loop watches like any stream. Node knows no eventfds, but opens
 * the end of a pipe; the eventfd then takes its place below the same number. Callbacks run as any other's do, microtasks included,
 * and Node closes the descriptor with the thread. (A `uv_poll` of one's own would abort the process when the thread is terminated.)
 */
import { Socket } from 'node:net';
import { EFD_CLOEXEC, EFD_NONBLOCK, O_CLOEXEC } from './abi.ts';
import { close, dup2, eventFd, pipe } from './libc.ts';

/** An eventfd is read whole, 8 bytes; with more room than that Node doesn't try to read on. */
const READ_BYTES = 16;

export class Waker {
  readonly fd: number;
  readonly #stream: Socket;

  /** @param wake called when the eventfd was written to. */
  constructor(wake: () => void) {
    const [readEnd, writeEnd] = pipe(O_CLOEXEC);
    close(writeEnd);
    this.fd = readEnd;
    this.#stream = new Socket({
      fd: readEnd,
      readable: true,
      writable: false,
      onread: {
        buffer: Buffer.alloc(READ_BYTES),
        callback() {
          wake();
          return true;
        },
      },
    });
    const event = eventFd(EFD_CLOEXEC | EFD_NONBLOCK);
    dup2(event, readEnd);
    close(event);
    this.#stream.resume();
    this.unref();
  }

  /** Keeps the process alive. */
  ref(): void {
    this.#stream.ref();
  }

  unref(): void {
    this.#stream.unref();
  }

  close(): void {
    this.#stream.destroy();
  }
}
