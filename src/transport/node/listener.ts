/** Accepting with Node's servers. */
import { createServer, type AddressInfo, type ListenOptions, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { endpoint, unixEndpoint, type Endpoint } from '../../base/endpoint.ts';
import { bindAll, isAnyAddress, type Binder } from '../bind.ts';
import { isPassing } from '../error-kind.ts';
import { openDuplicate, type Duplicate } from './duplicate.ts';
import type { Accepted, BoundAddress, Listener, ListenerEvents, ListenerOptions } from '../transport.ts';

/** What Node has accepted. */
export class NodeAccepted implements Accepted {
  readonly socket: Socket;
  readonly peer: Endpoint;
  readonly local: Endpoint;

  /** Where it is moved as a descriptor. */
  readonly duplicate: Duplicate | undefined;

  constructor(socket: Socket, peer: Endpoint, local: Endpoint, duplicate?: Duplicate) {
    this.socket = socket;
    this.peer = peer;
    this.local = local;
    this.duplicate = duplicate;
  }

  reset(): void {
    // A Unix-domain socket has no reset.
    if (this.duplicate) this.socket.destroy();
    else this.socket.resetAndDestroy();
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
    return this.#servers.map(addressOf);
  }

  /** @throws the operating system's error, EADDRINUSE for example; nothing stays bound then. */
  bind(port = this.#options.port): Promise<void> {
    return bindAll(this, this.#options, port);
  }

  /** Stops accepting. What was accepted is not touched, nor waited for. */
  async close(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    // Node calls back when the last connection that still lies here has ended; the address is free at once.
    for (const server of servers) server.close();
  }

  async bindAddress(port: number, host: string): Promise<void> {
    const server = this.#createServer();
    let local: Endpoint | undefined;
    server.on('connection', (socket) => this.#accept(socket, local));
    await this.#listen(server, { port, host });
    // Asking each socket would be a system call.
    const bound = addressOf(server);
    if (!isAnyAddress(bound.address)) local = endpoint(bound.address, bound.port);
  }

  async bindPath(path: string): Promise<void> {
    const duplicate = await openDuplicate();
    const server = this.#createServer();
    const [peer, local] = [unixEndpoint(''), unixEndpoint(path)];
    server.on('connection', (socket) => {
      socket.on('error', ignore);
      this.#events.accepted(new NodeAccepted(socket, peer, local, duplicate));
    });
    await this.#listen(server, { path });
  }

  async #listen(server: Server, where: ListenOptions): Promise<void> {
    server.listen({ ...where, backlog: this.#options.backlog });
    await once(server, 'listening');
    server.on('error', (error) => this.#failed(error));
    this.#servers.push(server);
  }

  #createServer(): Server {
    const { noDelay, keepAlive } = this.#options;
    return createServer({
      // Data and FIN stay in the kernel until a thread has the socket.
      pauseOnConnect: true,
      allowHalfOpen: true,
      noDelay,
      keepAlive: keepAlive > 0,
      keepAliveInitialDelay: keepAlive,
    });
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

function addressOf(server: Server): BoundAddress {
  const address = server.address() as AddressInfo | string;
  return typeof address === 'string' ? unixEndpoint(address) : address;
}
