// The options as callers see them. Types are written here and checked against the entries; `npm run docs` writes the
// comments of the members, from the entries' texts.
import type { FormatDescriptor, FormatName } from '../format/descriptor.ts';
import type { FramingDescriptor } from '../framing/descriptor.ts';
import type { Framing } from '../framing/framing.ts';
import type { TransportChoice } from '../transport/choose.ts';
import type { Balancer, BalancerName } from './balance-option.ts';

/** What bounds a connection, in a server or in a client. */
export interface ConnectionOptions {
  /** Largest `raw` message, and the length of `fixed-length` messages. Default: 1024 bytes. */
  size?: number | undefined;
  /**
   * Bytes due to the peer above which `send` waits and the peer's messages are no longer read. Default: 65,536 bytes.
   */
  highWaterMark?: number | undefined;
  /** Time that a peer has, once the handler has finished, to close its side. Default: 1000 milliseconds. */
  lingerTimeout?: number | undefined;
  /** Time without a byte in either direction after which a connection ends; 0 for never. Default: 0 milliseconds. */
  idleTimeout?: number | undefined;
  /** Time that a message that has begun may take to be complete; 0 for ever. Default: 0 milliseconds. */
  messageTimeout?: number | undefined;
  /** Time that a peer may take none of the bytes due to it; 0 for ever. Default: 0 milliseconds. */
  writeTimeout?: number | undefined;
  /** Most bytes that may be due to a peer before it is closed as a slow reader. Default: 64 MiB. */
  maxWriteBuffer?: number | undefined;
  /** Time that a connection may live; 0 for ever. Default: 0 milliseconds. */
  maxLifetime?: number | undefined;
  /**
   * Share of `maxLifetime`, from 0 to 1, by which lives are shortened at random, so that they don't end together.
   * Default: 0.1.
   */
  lifetimeJitter?: number | undefined;
  /** Messages that a peer may send in a second; beyond it, reading pauses. Default: Infinity messages per second. */
  messagesPerSecond?: number | undefined;
  /** Bytes that a peer may send in a second; beyond it, reading pauses. Default: Infinity bytes per second. */
  bytesPerSecond?: number | undefined;
}

/** What becomes of handlers that wait for a message when the server closes. */
export type OnDrain = 'end' | 'wait';

/** Options of `listen()`. */
export interface ListenOptions extends ConnectionOptions {
  /** The handler's module: a URL, or a path from the working directory. Default: the echo handler. */
  handler?: URL | string | undefined;
  /** Any value that structured clone can copy; handlers find it as `connection.thread.data`. Default: undefined. */
  data?: unknown;
  /**
   * Where `multithread-server/thread` is in a server that was bundled: a URL, or a path from the working directory.
   * Default: where the package is installed.
   */
  threadEntry?: URL | string | undefined;
  /** How bytes become messages. Wins over the handler's `export const framing`. Default: the handler's, else `raw`. */
  framing?: FramingDescriptor | undefined;
  /**
   * How a message's bytes become a value. Wins over the handler's `export const format`. Default: the handler's, else
   * `utf-8`.
   */
  format?: FormatName | FormatDescriptor | undefined;
  /** TCP port; 0 lets the system choose one. Default: 0. */
  port?: number | undefined;
  /**
   * Address or name to listen on. `localhost` is 127.0.0.1 and, where the machine has it, ::1. Default: `'localhost'`.
   */
  host?: string | undefined;
  /**
   * Path of a Unix-domain socket to listen on, instead of host and port; one that begins with a NUL is abstract
   * (Linux). Its clients have no address. Takes io_uring or `node:ffi`. Default: none.
   */
  path?: string | undefined;
  /**
   * The way bytes take. `io-uring`: Linux' own, for which it takes Linux 6.1 and `node:ffi`; `node`: Node's sockets;
   * `auto`: io_uring where the system lets it be used, else Node's sockets. io_uring is experimental, with faults that
   * are known: not for servers in use. Default: the environment variable `MULTITHREAD_SERVER_TRANSPORT`, else `node`.
   */
  transport?: TransportChoice | undefined;
  /** With io_uring: requests of a thread that may wait to be submitted; a power of two. Default: 1024 requests. */
  ioUringEntries?: number | undefined;
  /** With io_uring: buffers into which a thread receives; a power of two. Default: 256 buffers. */
  ioUringBuffers?: number | undefined;
  /** With io_uring: size of each of these buffers; a power of two. Default: 16,384 bytes. */
  ioUringBufferSize?: number | undefined;
  /** With io_uring: most memory from which a thread sends. None of it is taken before it is used. Default: 64 MiB. */
  ioUringSendMemory?: number | undefined;
  /** Most connections that the kernel holds until they are accepted. Default: 4096 connections. */
  backlog?: number | undefined;
  /** Whether small writes are sent at once (TCP_NODELAY). Default: `true`. */
  noDelay?: boolean | undefined;
  /** Time of silence after which TCP keep-alive probes a connection; 0 for never. Default: 60,000 milliseconds. */
  keepAlive?: number | undefined;
  /**
   * Number of threads. Or `{ min, max, idleTimeout }`: a pool that grows while every thread is busy and shrinks when
   * threads have been idle. Or `'per-connection'`: a thread for each client. Default: one for each available processor
   * (`os.availableParallelism()`).
   */
  threads?: number | ElasticThreads | 'per-connection' | undefined;
  /** Most threads at once with `threads` 'per-connection'; clients beyond them wait, unread. Default: 64 threads. */
  maxThreads?: number | undefined;
  /**
   * Which thread a new connection goes to. `least-connections`: the one with the fewest; `round-robin`: each in turn;
   * `source-address`: the same for the same address (IPv6: /64); a function of yours: the one it returns. Default:
   * `'least-connections'`.
   */
  balance?: BalancerName | Balancer | undefined;
  /** Time that a thread may take to load its handler. Default: 30,000 milliseconds. */
  startTimeout?: number | undefined;
  /** Heap limit of each thread; 0 leaves V8's own. Default: 0 MiB. */
  threadMemoryLimit?: number | undefined;
  /**
   * Limit of the part of each thread's heap where V8 makes new objects; 0 leaves V8's own. With 4, thousands of idle
   * connections take a third less memory, but handlers that allocate much take more CPU time. Default: 0 MiB.
   */
  threadYoungMemoryLimit?: number | undefined;
  /**
   * Crashes within `crashWindow` after which crashed threads are no longer replaced; Infinity for never. Default: 10
   * crashes.
   */
  maxCrashes?: number | undefined;
  /** Time after which a crash is forgotten. Default: 60,000 milliseconds. */
  crashWindow?: number | undefined;
  /**
   * Time that a thread's event loop may stand still before the thread counts as stalled; 0 for ever. A stalled thread
   * gets no more clients and is replaced. Default: 5000 milliseconds; 0 with `threads` 'per-connection', whose handlers
   * may block.
   */
  stallTimeout?: number | undefined;
  /** Time of standing still after which a stalled thread is terminated; 0 for never. Default: 30,000 milliseconds. */
  killStalledAfter?: number | undefined;
  /** Directory for the records and CPU profiles of stalled threads, the newest 40 files. Default: none. */
  blackBox?: string | undefined;
  /**
   * What becomes of handlers that wait for a message when the server closes. `end`: their wait ends when they have had
   * all that came; `wait`: they go on until `closeTimeout`. A `drain` callback decides by itself. Wins over the
   * handler's `export const onDrain`. Default: the handler's, else `end`.
   */
  onDrain?: OnDrain | undefined;
  /**
   * Time that live connections get to end by themselves when the server closes or reloads; Infinity for no limit.
   * Default: 10,000 milliseconds.
   */
  closeTimeout?: number | undefined;
  /**
   * Signals at which the server closes, so that the process can end; a second one ends the process at once. The first
   * process of a container needs it, as no signal ends it otherwise. Default: none; for the command SIGTERM and SIGINT.
   */
  closeOn?: CloseSignal[] | undefined;
  /** Most connections at once, waiting ones included; clients beyond are reset. Default: 65,536 connections. */
  maxConnections?: number | undefined;
  /** Most connections of one address (IPv6: of one /64). Default: Infinity connections. */
  maxConnectionsPerAddress?: number | undefined;
  /** Addresses and networks (CIDR) that may connect. Default: all. */
  allow?: string[] | undefined;
  /** Addresses and networks (CIDR) that may not connect; wins over `allow`. Default: none. */
  deny?: string[] | undefined;
  /** Most clients accepted in a second, with room for bursts; those beyond are reset. Default: no bound. */
  acceptRate?: AcceptRate | undefined;
  /** Most clients accepted in a second from one address (IPv6: from one /64). Default: no bound. */
  acceptRatePerAddress?: AcceptRate | undefined;
  /** File descriptors that clients must leave to the rest of the process. Linux only. Default: 64 descriptors. */
  reservedDescriptors?: number | undefined;
}

/** A signal at which a server can close. */
export type CloseSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR2' | 'SIGBREAK';

/** A pool of threads that grows and shrinks. */
export interface ElasticThreads {
  /** Fewest threads. */
  min: number;
  /** Most threads. */
  max: number;
  /** Time without a client after which a thread retires. Default: 60,000 milliseconds. */
  idleTimeout?: number | undefined;
}

/** How many clients are accepted, with room for bursts. */
export interface AcceptRate {
  /** So many a second in the long run. */
  perSecond: number;
  /** So many at once after a pause. Default: `perSecond`, at least 1. */
  burst?: number | undefined;
}

/** Options of `connect()`. */
export interface ConnectOptions<F extends FormatName | FormatDescriptor = 'utf-8'> extends ConnectionOptions {
  /** Name or address of the server. Default: `'localhost'`. */
  host?: string | undefined;
  /** TCP port of the server. */
  port: number;
  /** Time that the connection may take to be there. Default: 10,000 milliseconds. */
  connectTimeout?: number | undefined;
  /** Whether small writes are sent at once (TCP_NODELAY). Default: `true`. */
  noDelay?: boolean | undefined;
  /**
   * The way bytes take. `io-uring`: Linux' own, for which it takes Linux 6.1 and `node:ffi`; `node`: Node's sockets;
   * `auto`: io_uring where the system lets it be used, else Node's sockets. io_uring is experimental, with faults that
   * are known: not for servers in use. Default: `node`, on the main thread the environment variable
   * `MULTITHREAD_SERVER_TRANSPORT` before that.
   */
  transport?: TransportChoice | undefined;
  /** How bytes become messages. May be a framing of your own. Default: `raw`. */
  framing?: FramingDescriptor | Framing | undefined;
  /** How a message's bytes become a value. Default: `'utf-8'`. */
  format?: F | undefined;
}
