import type { Link, LinkEvents } from '../transport.ts';
import { socketOn, takeHandle, type NodeMoved } from './handle.ts';
import { NodeLink, onread } from './link.ts';

/**
 * Makes a link of what was moved here. Node builds sockets that allocate for each read, so a new one is built on the
 * handle; where Node has no such handle, the socket that came serves.
 */
export function adopt(moved: NodeMoved, events: LinkEvents): Link {
  if ('handle' in moved) return new NodeLink(socketOn(moved.handle, onread), events);
  const { socket } = moved;
  const handle = socket.destroyed ? undefined : takeHandle(socket);
  return handle ? new NodeLink(socketOn(handle, onread), events) : new NodeLink(socket, events, true);
}

/** Resets what was moved here. */
export function refuse(moved: NodeMoved): void {
  const socket = 'handle' in moved ? socketOn(moved.handle, onread) : moved.socket;
  socket.on('error', () => {});
  socket.resetAndDestroy();
}
