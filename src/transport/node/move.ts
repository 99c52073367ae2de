import type { Socket } from 'node:net';
import type { Worker } from 'node:worker_threads';
import type { AcceptedConnection, ToThread } from '../../protocol/messages.ts';
import { handleOf, takeHandle, type SocketHandle } from './handle.ts';

/** The thread id that Node gives to a Worker that has exited. */
const EXITED = -1;

/**
 * Moves a socket of which no byte was read to a thread.
 * @returns false when it stayed here because the thread has exited; its exit event is under way.
 * @throws what Node throws for a socket that can't be moved: it is destroyed already, for example.
 */
export function handOff(worker: Worker, connection: AcceptedConnection, socket: Socket): boolean {
  // It would take nothing and say nothing.
  if (worker.threadId === EXITED) return false;
  const handle = handleOf(socket);
  if (handle && moveHandle(worker, connection, handle)) {
    takeHandle(socket);
    socket.destroy();
  } else {
    move(worker, { act: 'serve', ...connection, socket }, socket);
  }
  return true;
}

/** @returns whether Node gives the handle away without its socket, as all versions so far do. */
function moveHandle(worker: Worker, connection: AcceptedConnection, handle: SocketHandle): boolean {
  try {
    move(worker, { act: 'serve', ...connection, handle }, handle);
    return true;
  } catch {
    return false;
  }
}

function move(worker: Worker, message: ToThread, what: Socket | SocketHandle): void {
  // oxlint-disable-next-line typescript/no-explicit-any -- @types/node doesn't list it as transferable yet
  worker.postMessage(message, [what as any]);
}
