import { Socket, type SocketConstructorOpts } from 'node:net';

/** Takes the bytes of one read; they are overwritten after the call. Returns false to stop reading. */
export type ReadCallback = (length: number, bytes: Buffer) => boolean;

/** What of Node's private handle this file knows. */
interface Handle {
  readonly writeQueueSize?: number;
}
interface WithHandle {
  _handle?: Handle | null;
}

const READ_BUFFER_BYTES = 64 * 1024;

/** One for the whole thread: reads don't interleave, and whoever keeps bytes copies them. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/**
 * Makes a transferred socket read into the thread's buffer instead of allocating 64 KiB for each read. `onread` is a
 * documented option of `new Socket()`, but Node builds transferred sockets without it, so the handle moves
 * to a socket that has it. Where Node has no such handle, 'data' events serve, with the same result.
 */
export function adopt(transferred: Socket, read: ReadCallback): Socket {
  const handle = (transferred as WithHandle)._handle;
  if (!handle || transferred.destroyed) return readByEvents(transferred, read);
  (transferred as WithHandle)._handle = null;
  // For a connected handle the option is private, and not in @types/node.
  const options = { handle, allowHalfOpen: true, onread: onread(read) } as unknown;
  return new Socket(options as SocketConstructorOpts);
}

/** The `onread` option that calls `read` with the thread's buffer. */
export function onread(read: ReadCallback) {
  return { buffer: readBuffer, callback: read as (length: number, bytes: Uint8Array) => boolean };
}

/** Bytes the operating system hasn't taken yet of what was written; undefined where Node doesn't tell. */
export function unsentBytes(socket: Socket): number | undefined {
  return (socket as WithHandle)._handle?.writeQueueSize;
}

function readByEvents(socket: Socket, read: ReadCallback): Socket {
  return socket.on('data', (bytes: Buffer) => {
    if (!read(bytes.length, bytes)) socket.pause();
  });
}
