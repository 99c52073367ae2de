/** Both ends of the move of a socket to a thread. */
import type { Socket } from 'node:net';
import { parentPort, type Worker } from 'node:worker_threads';
import type { Endpoint } from '../../base/endpoint.ts';
import { hasExited } from '../has-exited.ts';
import type { Accepted, Arrival, DriverStart, Gate } from '../transport.ts';
import { handleOf, takeHandle, type NodeMoved, type SocketHandle } from './handle.ts';
import type { NodeAccepted } from './listener.ts';

/** What is posted for each connection. */
interface Move extends Arrival {
  readonly act: 'move';
  readonly moved: NodeMoved;
}

/** With what a thread opens its end. */
export interface NodeStart extends DriverStart {
  readonly driver: 'node';
  /** How many descriptors the thread has taken over, of those that were posted to it. */
  readonly taken: SharedArrayBuffer;
}

/** Main's end. Node keeps the books: what was moved to a thread is closed with the thread. */
export class NodeGate implements Gate {
  readonly start: NodeStart = { driver: 'node', taken: new SharedArrayBuffer(4) };
  /** Descriptors under way, of which Node knows nothing, with the function that closes them. */
  readonly #posted: { readonly fd: number; readonly close: (fd: number) => void }[] = [];
  #forgotten = 0;

  move(worker: Worker, id: number, accepted: Accepted): boolean {
    if (hasExited(worker)) return false;
    const { socket, peer, local, duplicate } = accepted as NodeAccepted;
    const who = { id, peer, local };
    if (duplicate) this.#moveDescriptor(worker, who, duplicate(socket), duplicate.close);
    else {
      const handle = handleOf(socket);
      if (handle && moveHandle(worker, who, handle)) takeHandle(socket);
      else moveSocket(worker, who, socket);
    }
    socket.destroy();
    return true;
  }

  forget(): void {}

  release(): void {
    const taken = Atomics.load(new Int32Array(this.start.taken), 0);
    for (const { fd, close } of this.#posted.slice(taken - this.#forgotten)) close(fd);
    this.#posted.length = 0;
  }

  #moveDescriptor(worker: Worker, who: Who, fd: number, close: (fd: number) => void): void {
    const taken = Atomics.load(new Int32Array(this.start.taken), 0);
    this.#posted.splice(0, taken - this.#forgotten);
    this.#forgotten = taken;
    this.#posted.push({ fd, close });
    worker.postMessage({ act: 'move', ...who, moved: { driver: 'node', fd } } satisfies Move);
  }
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
