/** Both ends of the move of a socket to a thread. */
import type { Socket } from 'node:net';
import { parentPort, type Worker } from 'node:worker_threads';
import type { Endpoint } from '../../base/endpoint.ts';
import type { Accepted, Arrival } from '../transport.ts';
import { handleOf, takeHandle, type NodeMoved, type SocketHandle } from './handle.ts';
import type { NodeAccepted } from './listener.ts';

/** The thread id that Node gives to a Worker that has exited. */
const EXITED = -1;

/** What is posted for each connection. */
interface Move extends Arrival {
  readonly act: 'move';
  readonly moved: NodeMoved;
}

/** Main's end; see `Gate.move`. */
export function move(worker: Worker, id: number, accepted: Accepted): boolean {
  // It would take nothing and say nothing.
  if (worker.threadId === EXITED) return false;
  const { socket, peer, local } = accepted as NodeAccepted;
  const handle = handleOf(socket);
  if (handle && moveHandle(worker, { id, peer, local }, handle)) takeHandle(socket);
  else moveSocket(worker, { id, peer, local }, socket);
  socket.destroy();
  return true;
}

/** The thread's end: calls `arrived` for each connection. */
export function receive(arrived: (arrival: Arrival) => void): void {
  parentPort!.on('message', (message: Partial<Move> | null) => {
    if (message?.act === 'move') arrived(message as Move);
  });
}

interface Who {
  readonly id: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
}

/** @returns whether Node gives the handle away without its socket, as all versions so far do. */
function moveHandle(worker: Worker, who: Who, handle: SocketHandle): boolean {
  try {
    post(worker, { act: 'move', ...who, moved: { driver: 'node', handle } }, handle);
    return true;
  } catch {
    return false;
  }
}

function moveSocket(worker: Worker, who: Who, socket: Socket): void {
  try {
    post(worker, { act: 'move', ...who, moved: { driver: 'node', socket } }, socket);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function post(worker: Worker, message: Move, what: Socket | SocketHandle): void {
  // oxlint-disable-next-line typescript/no-explicit-any -- @types/node doesn't list it as transferable yet
  worker.postMessage(message, [what as any]);
}
