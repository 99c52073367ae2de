import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { endpoint } from '../../base/endpoint.ts';
import type { Endpoint } from '../../base/endpoint.ts';
import { bindHost, isAnyAddress, type Binder } from '../bind.ts';
import { isPassing } from '../error-kind.ts';
import type { Accepted, BoundAddress, Listener, ListenerEvents, ListenerOptions } from '../transport.ts';

/** What Node has accepted. */
export class NodeAccepted implements Accepted {
  readonly socket: Socket;
  readonly peer: Endpoint;
  readonly local: Endpoint;

  constructor(socket: Socket, peer: Endpoint, local: Endpoint) {
    this.socket = socket;
    this.peer = peer;
    this.local = local;
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** Binds one or more addresses and accepts, without reading a byte. */
export class NodeListener implements Listener, Binder {
  readonly #options: ListenerOptions;
  readonly #events: ListenerEvents;
  #servers: Server[] = [];

  constructor(options: ListenerOptions, events: ListenerEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** The bound addresses; none while not listening. */
  get addresses(): BoundAddress[] {
    return this.#servers.map((server) => server.address() as AddressInfo);
  }

  /** @throws the operating system's error, EADDRINUSE for example; nothing stays bound then. */
  bind(port = this.#options.port): Promise<void> {
    return bindHost(this, this.#options.host, port);
  }

  /** Stops accepting. What was accepted is not touched, nor waited for. */
  async close(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    // Node calls back when the last connection that still lies here has ended; the address is free at once.
    for (const server of servers) server.close();
  }

  async bindAddress(port: number, host: string): Promise<void> {
    const { backlog, noDelay, keepAlive } = this.#options;
    const server = createServer({
      // Data and FIN stay in the kernel until a thread has the socket.
      pauseOnConnect: true,
      allowHalfOpen: true,
      noDelay,
      keepAlive: keepAlive > 0,
      keepAliveInitialDelay: keepAlive,
    });
    let local: Endpoint | undefined;
    server.on('connection', (socket) => this.#accept(socket, local));
    server.listen({ port, host, backlog });
    await once(server, 'listening');
    // Asking each socket would be a system call.
    const bound = server.address() as AddressInfo;
    if (!isAnyAddress(bound.address)) local = endpoint(bound.address, bound.port);
    server.on('error', (error) => this.#failed(error));
    this.#servers.push(server);
  }

  /** @param bound the address it came to; undefined where all addresses are bound: only the socket knows then. */
  #accept(socket: Socket, bound: Endpoint | undefined): void {
    const peer = endpoint(socket.remoteAddress, socket.remotePort);
    const local = bound ?? endpoint(socket.localAddress, socket.localPort);
    // Nobody listens for its errors until a thread has it, and they must not be thrown.
    socket.on('error', ignore);
    if (peer && local) {
      this.#events.accepted(new NodeAccepted(socket, peer, local));
      return;
    }
    socket.destroy();
    this.#events.gone();
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (isPassing(error)) this.#events.lost(error);
    else this.#events.failed(error);
  }
}

function ignore(): void {}
