import { Socket, type SocketConstructorOpts } from 'node:net';

/** What lies below a socket. Node keeps it to itself; this is the only file that knows of it. */
export interface SocketHandle {
  readonly writeQueueSize?: number;
}

interface WithHandle {
  _handle?: SocketHandle | null;
}

/** A socket's handle; undefined when the socket is destroyed, or when Node has no such thing. */
export function handleOf(socket: Socket): SocketHandle | undefined {
  return (socket as WithHandle)._handle ?? undefined;
}

/** Parts a socket from its handle, of which it knows nothing any more. */
export function takeHandle(socket: Socket): SocketHandle | undefined {
  const handle = handleOf(socket);
  (socket as WithHandle)._handle = null;
  return handle;
}

/** A socket on a connected handle. With one that exists already Node takes `onread` too, though it isn't documented. */
export function socketOn(
  handle: SocketHandle,
  onread: { buffer: Uint8Array; callback: (length: number, bytes: Uint8Array) => boolean },
): Socket {
  const options = { handle, allowHalfOpen: true, onread } as unknown;
  return new Socket(options as SocketConstructorOpts);
}
