import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { MultiThreadServer } from '../../src/index.ts';
import { within } from './wait.ts';

/** A client of an address of its own, at a server that echoes. */
export interface Visitor {
  /** Its first message came back; else it was turned away. */
  readonly isServed: boolean;
  readonly port: number;
  readonly socket: Socket;
}

/** Connects from an address and says hello; resolves when it knows whether it is served. */
export async function visit(server: MultiThreadServer, localAddress: string): Promise<Visitor> {
  const { port } = server.address!;
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  let localPort = 0;
  socket.on('connect', () => {
    localPort = socket.localPort!;
    socket.write('hello');
  });
  const answered = once(socket.setEncoding('latin1'), 'data').then(([text]) => text === 'hello');
  answered.catch(() => {});
  // A refused client may be reset before it sees that it was connected.
  socket.on('error', () => {});
  const ended = new Promise<boolean>((resolve) => {
    socket.on('close', () => resolve(false));
  });
  const isServed = await within(
    Promise.race([answered.catch(() => ended), ended]),
    () => `an answer to ${localAddress}`,
  );
  return { isServed, port: localPort, socket };
}
