import { connect, type Socket } from 'node:net';
import { endpoint } from '../../base/endpoint.ts';
import type { DialOptions, Dialed } from '../transport.ts';
import { NodeLink, onread } from './link.ts';

/** Opens a connection; see `ClientDriver.dial`. */
export async function dial({ host, port, timeout, noDelay }: DialOptions): Promise<Dialed> {
  const socket = connect({ host, port, noDelay, allowHalfOpen: true, onread });
  await connected(socket, host, port, timeout);
  const peer = endpoint(socket.remoteAddress, socket.remotePort);
  const local = endpoint(socket.localAddress, socket.localPort);
  return { peer: peer!, local: local!, open: (events) => new NodeLink(socket, events) };
}

async function connected(socket: Socket, host: string, port: number, timeout: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new Error(`no connection to ${host}:${port} within ${timeout} ms (connectTimeout)`)),
    timeout,
  );
  socket.once('connect', resolve);
  socket.once('error', reject);
  try {
    await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    socket.off('connect', resolve);
    socket.off('error', reject);
  }
}
