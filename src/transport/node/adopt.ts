/** From what main has moved to a link. */
import type { Socket } from 'node:net';
import type { Link, LinkEvents } from '../transport.ts';
import { socketOn, socketOnDescriptor, takeHandle, type NodeMoved } from './handle.ts';
import { NodeLink, onread } from './link.ts';

/** Takes over what main moves to this thread. */
export class Adoption {
  readonly #taken: Int32Array;

  /** @param taken counts the descriptors that were taken over, for main to know which it must close when the thread dies. */
  constructor(taken: SharedArrayBuffer) {
    this.#taken = new Int32Array(taken);
  }

  /**
   * Makes a link of what was moved here. Node builds sockets that allocate for each read, so a new one is built on the
   * handle; where Node has no such handle, the socket that came serves.
   */
  adopt(moved: NodeMoved, events: LinkEvents): Link {
    // A Unix-domain socket has no reset.
    if ('fd' in moved) return new NodeLink(this.#open(moved), events, { hasReset: false });
    if ('handle' in moved) return new NodeLink(this.#open(moved), events);
    const { socket } = moved;
    const handle = socket.destroyed ? undefined : takeHandle(socket);
    return handle
      ? new NodeLink(socketOn(handle, onread), events)
      : new NodeLink(socket, events, { isReadByEvents: true });
  }

  /** Resets what was moved here. */
  refuse(moved: NodeMoved): void {
    const socket = 'socket' in moved ? moved.socket : this.#open(moved);
    socket.on('error', () => {});
    if ('fd' in moved) socket.destroy();
    else socket.resetAndDestroy();
  }

  #open(moved: Exclude<NodeMoved, { readonly socket: Socket }>): Socket {
    if ('handle' in moved) return socketOn(moved.handle, onread);
    const socket = socketOnDescriptor(moved.fd, onread);
    Atomics.add(this.#taken, 0, 1);
    // Only a socket that Node itself has accepted reads by itself.
    socket.resume();
    return socket;
  }
}
