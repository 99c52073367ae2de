/** A second descriptor for what Node doesn't move. */
import type { Socket } from 'node:net';
import { TransportError } from '../../base/errors.ts';
import { descriptorOf } from './handle.ts';

/** Makes a descriptor of its own for a socket, for a thread to take over. */
export interface Duplicate {
  (socket: Socket): number;
  readonly close: (fd: number) => void;
}

/**
 * How Unix-domain sockets are moved: Node refuses to move their handles, but a descriptor is a number.
 * @throws TransportError where there is no `node:ffi` to duplicate it.
 */
export async function openDuplicate(): Promise<Duplicate> {
  try {
    const { close, duplicate } = await import('../io-uring/libc.ts');
    return Object.assign((socket: Socket) => duplicate(descriptorOf(socket)), { close });
  } catch (cause) {
    const why = `to move the connections of a Unix-domain socket (path) to threads takes node:ffi: ${(cause as Error).message}`;
    throw new TransportError(why, { cause });
  }
}
