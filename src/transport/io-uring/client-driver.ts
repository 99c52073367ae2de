/** A client's half of the driver over io_uring: one ring for all that a process calls, there as long as one of its connections is. */
import { isIP } from 'node:net';
import type { ClientDriver, Dialed, DialOptions } from '../transport.ts';
import {
  AF_INET,
  AF_INET6,
  IORING_OP_ASYNC_CANCEL,
  IORING_OP_CONNECT,
  IPPROTO_TCP,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  TCP_NODELAY,
} from './abi.ts';
import { addressError, close, getPeerName, getSockName, setSockOpt, socket } from './libc.ts';
import { lookUp } from './look-up.ts';
import { destroyLinkParts, Links, makeLinkParts } from './links.ts';
import { fromSockaddr, nameOf, toSockaddr } from './sockaddr.ts';
import { CANCEL_CONNECT, CONNECT, userData } from './user-data.ts';

/** A client has few connections. */
const MEMORY = { entries: 256, receiveBuffers: 64, receiveBufferSize: 16_384, sendMemory: 64 * 2 ** 20 };

export const uringClientDriver: ClientDriver = { dial };

let shared: SharedLinks | undefined;

/** The ring, and how many need it. */
class SharedLinks {
  readonly links: Links;
  readonly #parts = makeLinkParts(MEMORY);
  readonly #connecting = new Map<number, (result: number) => void>();
  #users = 0;
  #lastConnect = 0;

  constructor() {
    this.links = new Links(this.#parts, {
      completed: (what, whose, result) => {
        if (what === CONNECT) this.#connecting.get(whose)!(result);
      },
      gone: (fd) => {
        close(fd);
        this.leave();
      },
    });
  }

  join(): void {
    if (this.#users++ === 0) this.links.loop.ref();
  }

  leave(): void {
    if (--this.#users > 0) return;
    this.links.loop.unref();
    // Not from within the loop; and perhaps somebody comes meanwhile.
    setImmediate(() => {
      if (this.#users === 0 && shared === this) this.#close();
    });
  }

  /** @returns 0 or a negative errno: ECANCELED when `signal` comes first. */
  async connect(fd: number, address: Buffer, signal: AbortSignal): Promise<number> {
    const { memory, loop } = this.links;
    const block = memory.take(address.length);
    if (block === -1) throw new Error('all memory to send from is in use');
    memory.bytes.set(address, block);
    const { promise, resolve } = Promise.withResolvers<number>();
    const number = ++this.#lastConnect;
    this.#connecting.set(number, resolve);
    loop.ring.request(IORING_OP_CONNECT, fd, address.length, memory.addressOf(block), 0, 0, number, CONNECT);
    loop.touch();
    const cancel = (): void => {
      const what = userData(CONNECT, number);
      loop.ring.request(IORING_OP_ASYNC_CANCEL, -1, 0, what, 0, 0, number, CANCEL_CONNECT);
      loop.touch();
    };
    signal.addEventListener('abort', cancel, { once: true });
    const result = await promise;
    signal.removeEventListener('abort', cancel);
    this.#connecting.delete(number);
    this.links.giveBack(block);
    return result;
  }

  #close(): void {
    shared = undefined;
    this.links.loop.close();
    destroyLinkParts(this.#parts);
  }
}

async function dial({ host, port, timeout, noDelay }: DialOptions): Promise<Dialed> {
  const late = AbortSignal.timeout(timeout);
  const addresses = await lookUp(host);
  shared ??= new SharedLinks();
  const here = shared;
  here.join();
  try {
    const errors: Error[] = [];
    for (const address of addresses) {
      const fd = openSocket(address, noDelay);
      const result = await here.connect(fd, toSockaddr(address, port), late);
      if (result === 0) return dialed(here.links, fd, address, port);
      close(fd);
      if (late.aborted) {
        throw new Error(`no connection to ${host}:${port} within ${timeout} ms (connectTimeout)`);
      }
      errors.push(addressError(-result, 'connect', address, port));
    }
    throw errors.length === 1 ? errors[0]! : allFailed(errors);
  } catch (error) {
    here.leave();
    throw error;
  }
}

function dialed(links: Links, fd: number, address: string, port: number): Dialed {
  // A peer that has gone at once has no name any more.
  const peer = fromSockaddr(nameOf(fd, getPeerName) ?? toSockaddr(address, port));
  const local = fromSockaddr(nameOf(fd, getSockName)!);
  return { peer, local, open: (events) => links.open(fd, events) };
}

function openSocket(address: string, noDelay: boolean): number {
  const fd = socket(isIP(address) === 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC);
  if (noDelay) setSockOpt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

/** As Node tells of a host none of whose addresses answers. */
function allFailed(errors: NodeJS.ErrnoException[]): Error {
  return Object.assign(new AggregateError(errors), { code: errors[0]?.code });
}
