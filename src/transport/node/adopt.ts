import type { Socket } from 'node:net';
import type { Moved } from '../../protocol/messages.ts';
import { handleOf, socketOn, takeHandle } from './handle.ts';

/** Takes the bytes of one read of its socket; they are overwritten after the call. Returns false to stop reading. */
export type ReadCallback = (this: Socket, length: number, bytes: Buffer) => boolean;

const READ_BUFFER_BYTES = 64 * 1024;

/** One for the whole thread: reads don't interleave, and whoever keeps bytes copies them. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/**
 * Makes a transferred socket read into the thread's buffer instead of allocating 64 KiB for each read: Node builds sockets
 * without that, so a new one is built on the handle, and calls back with itself as `this`. Where Node has no such handle,
 * 'data' events serve, with the same result.
 */
export function adopt(moved: Moved, read: ReadCallback): Socket {
  if ('handle' in moved) return socketOn(moved.handle, onread(read));
  const { socket } = moved;
  const handle = socket.destroyed ? undefined : takeHandle(socket);
  return handle ? socketOn(handle, onread(read)) : readByEvents(socket, read);
}

/** The `onread` option that calls `read` with the thread's buffer. */
export function onread(read: ReadCallback) {
  return { buffer: readBuffer, callback: read as (length: number, bytes: Uint8Array) => boolean };
}

/** Bytes the operating system hasn't taken yet of what was written; undefined where Node doesn't tell. */
export function unsentBytes(socket: Socket): number | undefined {
  return handleOf(socket)?.writeQueueSize;
}

function readByEvents(socket: Socket, read: ReadCallback): Socket {
  return socket.on('data', (bytes: Buffer) => {
    if (!read.call(socket, bytes.length, bytes)) socket.pause();
  });
}
