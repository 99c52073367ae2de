/** What lies below Node's sockets: the only file that knows of it. */
import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Moved } from '../transport.ts';

/** What lies below a socket. Node keeps it to itself; this is the only file that knows of it. */
export interface SocketHandle {
  readonly writeQueueSize?: number;
  readonly fd?: number;
}

/**
 * What is moved to a thread: the bare handle, as Node takes a socket apart and builds it anew, at twice the price; the whole
 * socket, where Node doesn't give its handle away; or a descriptor, where Node moves neither.
 */
export type NodeMoved = Moved &
  ({ readonly handle: SocketHandle } | { readonly socket: Socket } | { readonly fd: number });

interface WithHandle {
  _handle?: SocketHandle | null;
}

/** A socket's handle; undefined when the socket is destroyed, or when Node has no such thing. */
export function handleOf(socket: Socket): SocketHandle | undefined {
  return (socket as WithHandle)._handle ?? undefined;
}

/** @throws Error where Node doesn't tell. */
export function descriptorOf(socket: Socket): number {
  const fd = handleOf(socket)?.fd ?? -1;
  if (fd < 0) throw new Error("the socket's descriptor isn't known");
  return fd;
}

/** Parts a socket from its handle, of which it knows nothing any more. */
export function takeHandle(socket: Socket): SocketHandle | undefined {
  const handle = handleOf(socket);
  (socket as WithHandle)._handle = null;
  return handle;
}

/** What Node calls back with the bytes of one read; they are overwritten after the call. */
export interface OnRead {
  readonly buffer: Uint8Array;
  readonly callback: (length: number, bytes: Uint8Array) => boolean;
}

/** A socket on a connected descriptor, which it takes over. */
export function socketOnDescriptor(fd: number, onread: OnRead): Socket {
  const options = { fd, readable: true, writable: true, allowHalfOpen: true, onread } as unknown;
  return new Socket(options as SocketConstructorOpts);
}

/** A socket on a connected handle. With one that exists already Node takes `onread` too, though it isn't documented. */
export function socketOn(handle: SocketHandle, onread: OnRead): Socket {
  const options = { handle, allowHalfOpen: true, onread } as unknown;
  return new Socket(options as SocketConstructorOpts);
}
