/** Calling a server with Node's sockets. */
import { connect, isIPv6, type Socket } from 'node:net';
import { endpoint, type Endpoint } from '../../base/endpoint.ts';
import type { DialOptions, Dialed } from '../transport.ts';
import { NodeLink, onread } from './link.ts';

/** Opens a connection; see `ClientDriver.dial`. */
export async function dial({ host, port, timeout, noDelay }: DialOptions): Promise<Dialed> {
  const socket = connect({ host, port, noDelay, allowHalfOpen: true, onread });
  let address = host;
  socket.on('connectionAttempt', (tried: string) => {
    address = tried;
  });
  await connected(socket, host, port, timeout);
  const { peer, local } = endpoints(socket, address, port);
  return { peer, local, open: (events) => new NodeLink(socket, events) };
}

/** @param address that was dialed: the system doesn't know who the peer was when it has reset the connection already. */
function endpoints(socket: Socket, address: string, port: number): { peer: Endpoint; local: Endpoint } {
  const peer = endpoint(socket.remoteAddress, socket.remotePort) ?? endpoint(address, port)!;
  const nowhere = isIPv6(address) ? '::' : '0.0.0.0';
  const local = endpoint(socket.localAddress, socket.localPort) ?? endpoint(nowhere, 0)!;
  return { peer, local };
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
