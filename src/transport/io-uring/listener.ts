/** Accepting on a ring. */
import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Endpoint } from '../../base/endpoint.ts';
import { bindAll, isAnyAddress, type Binder } from '../bind.ts';
import { isPassing } from '../error-kind.ts';
import type { Accepted, BoundAddress, Listener, ListenerEvents, ListenerOptions } from '../transport.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IORING_ACCEPT_MULTISHOT,
  IORING_CQE_F_MORE,
  IORING_OP_ACCEPT,
  IORING_OP_ASYNC_CANCEL,
  IPPROTO_TCP,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from './abi.ts';
import {
  addressError,
  bind,
  close,
  disconnect,
  getPeerName,
  getSockName,
  listen,
  setSockOpt,
  socket,
  stopListening,
  systemError,
  type SystemError,
} from './libc.ts';
import { lookUp } from './look-up.ts';
import type { Loop } from './loop.ts';
import { fromSockaddr, nameOf, toSockaddr, toUnixSockaddr } from './sockaddr.ts';
import { ACCEPT, CANCEL, userData } from './user-data.ts';

/** What the kernel has accepted. */
export class UringAccepted implements Accepted {
  readonly fd: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
  /** The same as `struct sockaddr`. */
  readonly peerBytes: Uint8Array;
  readonly localBytes: Uint8Array;

  constructor(fd: number, peerBytes: Buffer, local: Endpoint, localBytes: Uint8Array) {
    this.fd = fd;
    this.peer = fromSockaddr(peerBytes);
    this.local = local;
    this.peerBytes = peerBytes;
    this.localBytes = localBytes;
  }

  reset(): void {
    disconnect(this.fd);
    close(this.fd);
  }
}

/** Those of a driver that are listening, by number. */
export class Acceptors {
  readonly loop: Loop;
  readonly #acceptors = new Map<number, Acceptor>();
  #last = 0;

  constructor(loop: Loop) {
    this.loop = loop;
  }

  add(fd: number, address: BoundAddress, events: ListenerEvents): Acceptor {
    const number = ++this.#last;
    const acceptor = new Acceptor(this.loop, number, fd, address, events);
    this.#acceptors.set(number, acceptor);
    if (this.#acceptors.size === 1) this.loop.ref();
    return acceptor;
  }

  async close(acceptors: readonly Acceptor[]): Promise<void> {
    await Promise.all(acceptors.map((acceptor) => acceptor.close()));
    for (const { number } of acceptors) this.#acceptors.delete(number);
    if (this.#acceptors.size === 0) this.loop.unref();
  }

  accepted(number: number, result: number, flags: number): void {
    this.#acceptors.get(number)?.accepted(result, flags);
  }
}

/** Milliseconds until it is tried again after an error: where a resource is short, it would come again at once. */
const RETRY_MS = 100;
/** What Node's sockets have. */
const KEEP_ALIVE_INTERVAL_S = 1;
const KEEP_ALIVE_PROBES = 10;

/** A listening socket, accepted from by one request for its whole life. */
class Acceptor {
  readonly number: number;
  readonly address: BoundAddress;
  readonly #loop: Loop;
  readonly #fd: number;
  readonly #events: ListenerEvents;
  /** Undefined where all addresses are bound. */
  readonly #local: Buffer | undefined;
  readonly #localEndpoint: Endpoint | undefined;
  readonly #closed = Promise.withResolvers<void>();
  #isAccepting = false;
  #isClosing = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(loop: Loop, number: number, fd: number, address: BoundAddress, events: ListenerEvents) {
    this.#loop = loop;
    this.number = number;
    this.#fd = fd;
    this.address = address;
    this.#events = events;
    if (!isAnyAddress(address.address)) {
      this.#local = nameOf(fd, getSockName)!;
      this.#localEndpoint = fromSockaddr(this.#local);
    }
    this.#accept();
  }

  /** What was accepted until then is still told. */
  close(): Promise<void> {
    this.#isClosing = true;
    stopListening(this.#fd);
    clearTimeout(this.#retry);
    if (this.#isAccepting) {
      const what = userData(ACCEPT, this.number);
      this.#loop.ring.request(IORING_OP_ASYNC_CANCEL, -1, 0, what, 0, 0, this.number, CANCEL);
      this.#loop.touch();
    } else this.#close();
    return this.#closed.promise;
  }

  accepted(result: number, flags: number): void {
    if ((flags & IORING_CQE_F_MORE) === 0) {
      this.#isAccepting = false;
      if (this.#isClosing) this.#close();
      else if (result >= 0) this.#accept();
    }
    if (result >= 0) this.#take(result);
    else if (!this.#isClosing) this.#failed(systemError(-result, 'accept'));
  }

  #accept(): void {
    this.#isAccepting = true;
    const operation = IORING_OP_ACCEPT | (IORING_ACCEPT_MULTISHOT << 16);
    this.#loop.ring.request(operation, this.#fd, 0, 0, 0, SOCK_CLOEXEC, this.number, ACCEPT);
    this.#loop.touch();
  }

  #take(fd: number): void {
    const peer = nameOf(fd, getPeerName);
    const local = this.#local ?? nameOf(fd, getSockName);
    if (!peer || !local) {
      close(fd);
      this.#events.gone();
      return;
    }
    this.#events.accepted(new UringAccepted(fd, peer, this.#localEndpoint ?? fromSockaddr(local), local));
  }

  #failed(error: SystemError): void {
    if (!isPassing(error)) {
      this.#events.failed(error);
      return;
    }
    this.#retry = setTimeout(() => this.#accept(), RETRY_MS);
    this.#events.lost(error);
  }

  #close(): void {
    close(this.#fd);
    this.#closed.resolve();
  }
}

/** Binds one or more addresses and accepts, without reading a byte. */
export class UringListener implements Listener, Binder {
  readonly #acceptors: Acceptors;
  readonly #options: ListenerOptions;
  readonly #events: ListenerEvents;
  #bound: Acceptor[] = [];
  /** Of the socket's file, which is ours. */
  #path: string | undefined;

  constructor(acceptors: Acceptors, options: ListenerOptions, events: ListenerEvents) {
    this.#acceptors = acceptors;
    this.#options = options;
    this.#events = events;
  }

  get addresses(): BoundAddress[] {
    return this.#bound.map(({ address }) => address);
  }

  bind(port = this.#options.port): Promise<void> {
    return bindAll(this, this.#options, port);
  }

  async close(): Promise<void> {
    const bound = this.#bound;
    const path = this.#path;
    this.#bound = [];
    this.#path = undefined;
    await this.#acceptors.close(bound);
    // As Node does. An abstract one has no file.
    if (path !== undefined && !path.startsWith('\0')) await rm(path, { force: true });
  }

  async bindAddress(port: number, host: string): Promise<void> {
    const [address = host] = await lookUp(host);
    const fd = socket(isIP(address) === 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC);
    try {
      this.#setOptions(fd);
      bind(fd, toSockaddr(address, port));
      this.#listen(fd);
    } catch (error) {
      close(fd);
      throw addressError(-(error as SystemError).errno!, 'listen', address, port);
    }
  }

  async bindPath(path: string): Promise<void> {
    const name = toUnixSockaddr(path);
    const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC);
    try {
      bind(fd, name);
      this.#path = path;
      this.#listen(fd);
    } catch (error) {
      close(fd);
      const { errno, code } = error as SystemError;
      const message = `${systemError(-errno!, 'listen').message} ${path}`;
      throw Object.assign(new Error(message), { code, errno, syscall: 'listen', address: path });
    }
  }

  #listen(fd: number): void {
    listen(fd, this.#options.backlog);
    const bound = fromSockaddr(nameOf(fd, getSockName)!);
    this.#bound.push(this.#acceptors.add(fd, bound, this.#events));
  }

  /** What is set on a listening socket its connections inherit. */
  #setOptions(fd: number): void {
    const { noDelay, keepAlive } = this.#options;
    setSockOpt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (noDelay) setSockOpt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (keepAlive === 0) return;
    setSockOpt(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    setSockOpt(fd, IPPROTO_TCP, TCP_KEEPIDLE, Math.max(1, Math.floor(keepAlive / 1000)));
    setSockOpt(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_S);
    setSockOpt(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_ALIVE_PROBES);
  }
}
