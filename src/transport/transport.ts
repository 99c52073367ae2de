/**
 * The seam for the way bytes take. A driver implements it; outside this folder nobody knows which. It is shaped by completion:
 * who asks for something is told later that it is done.
 */
import type { Worker } from 'node:worker_threads';
import type { Endpoint } from '../base/endpoint.ts';

/** A way for bytes: Node's own sockets, or Linux' io_uring. */
export type DriverName = 'node' | 'io-uring';

/** Which driver a server has. */
export interface TransportInfo {
  /** Its name. */
  readonly driver: DriverName;
  /** Why it isn't io_uring; undefined when it is. */
  readonly why: string | undefined;
}

/** What each thread may take of the system where its driver has memory of its own. */
export interface ThreadMemory {
  /** Requests that may wait to be submitted, a power of two. */
  readonly entries: number;
  /** Buffers to receive into, a power of two. */
  readonly receiveBuffers: number;
  /** Bytes of each. */
  readonly receiveBufferSize: number;
  /** Most bytes to send from. */
  readonly sendMemory: number;
}

/** What main needs of a driver: to accept, and to move what was accepted to threads. */
export interface MainDriver {
  createListener(options: ListenerOptions, events: ListenerEvents): Listener;
  /**
   * Opens the way to a thread that is about to start.
   * @throws the system's error: that memory is short, for example.
   */
  openGate(): Gate;
  /** Every listener and every gate is closed. */
  close(): void;
}

/** How to bind and what accepted connections are like. */
export interface ListenerOptions {
  /** A Unix-domain socket's, instead of host and port. */
  readonly path?: string | undefined;
  /** `localhost` is 127.0.0.1 and, where the machine has it, ::1. */
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
  readonly noDelay: boolean;
  /** Milliseconds of silence before TCP keep-alive probes; 0 for none. */
  readonly keepAlive: number;
}

/** What a listener reports. */
export interface ListenerEvents {
  accepted(connection: Accepted): void;
  /** A client was gone before anything was known of it. */
  gone(): void;
  /** A client was lost because the system lacked a resource; accepting goes on. */
  lost(error: Error): void;
  /** Accepting has failed for good on one address. */
  failed(error: Error): void;
}

/** One address that is accepted from, or several. */
export interface Listener {
  /** The bound addresses; none while not listening. */
  readonly addresses: BoundAddress[];
  /**
   * @param port instead of the one in the options.
   * @throws the operating system's error, EADDRINUSE for example; nothing stays bound then.
   */
  bind(port?: number): Promise<void>;
  /** Stops accepting. What was accepted isn't touched. */
  close(): Promise<void>;
}

/** An address that is listened on, as Node's `server.address()` tells it; a path has family `unix` and port 0. */
export interface BoundAddress {
  /** An IP address as text. */
  readonly address: string;
  /** Of the address. */
  readonly family: string;
  /** Its TCP port. */
  readonly port: number;
}

/** An accepted connection of which no byte was read. It ends by {@link Gate.move} or by {@link Accepted.reset}. */
export interface Accepted {
  readonly peer: Endpoint;
  readonly local: Endpoint;
  /** Sends RST. */
  reset(): void;
}

/** Main's end of the way to one thread. */
export interface Gate {
  /** What the thread's end needs; goes with what the thread is started with. */
  readonly start: DriverStart;
  /**
   * Moves a connection to the thread, which acknowledges it.
   * @param id the connection's, by which the thread shall know it.
   * @returns false when it stayed here, as the thread has exited; its exit event is under way.
   * @throws what the system says of a connection that can't be moved, as it is gone already; it is let go of then.
   */
  move(worker: Worker, id: number, accepted: Accepted): boolean;
  /** The thread has told that a connection has ended. */
  forget(id: number): void;
  /** The thread has exited, or was never started: takes back all it had. Its connections are reset. */
  release(): void;
}

/** With what a thread opens its end. */
export interface DriverStart {
  readonly driver: DriverName;
}

/** What a thread needs of a driver: to be given connections, and to open some itself. */
export interface ThreadDriver {
  /** From now on calls `arrived` for each connection that main moves here. */
  receive(arrived: (arrival: Arrival) => void): void;
  /** Takes a connection over; its events begin in a later turn. */
  adopt(moved: Moved, events: LinkEvents): Link;
  /** Resets a connection that can't be served. */
  refuse(moved: Moved): void;
}

/** A connection that main has moved to this thread. */
export interface Arrival {
  readonly id: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
  readonly moved: Moved;
}

/** What of a connection is moved; only its driver knows what it is. */
export interface Moved {
  readonly driver: DriverName;
}

/** What a client needs of a driver. */
export interface ClientDriver {
  /** @throws the operating system's error, or one that names `timeout`. */
  dial(options: DialOptions): Promise<Dialed>;
}

/** Whom to call. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds the connection may take to be there. */
  readonly timeout: number;
  readonly noDelay: boolean;
}

/** A connection that was opened from here. */
export interface Dialed {
  readonly peer: Endpoint;
  readonly local: Endpoint;
  /** To be called at once, in the turn in which the connection was there. */
  open(events: LinkEvents): Link;
}

/** One connection's way through a driver. */
export interface Link {
  /** Bytes of the peer that have come. */
  readonly bytesRead: number;
  /** Bytes that were handed over for the peer. */
  readonly bytesWritten: number;
  /** Bytes of the write under way that the system hasn't taken yet; 0 where nobody tells. Their change is progress. */
  readonly unsent: number;
  /**
   * Hands a text over.
   * @returns whether the system has taken all of it. If not, {@link LinkEvents.written} follows, unless the link
   * closes; nothing may be handed over until then.
   */
  writeText(text: string, encoding: BufferEncoding): boolean;
  /**
   * The same for bytes, which must not change until they are taken.
   * @param length of all parts together.
   */
  writeBytes(parts: readonly Uint8Array[], length: number): boolean;
  /** Goes on reading after {@link LinkEvents.read} returned false. */
  resume(): void;
  /** Sends FIN behind what was handed over. */
  end(): void;
  /** Lets go of it. The peer gets a FIN; use it when everything has gone and everything has come. */
  close(): void;
  /** Lets go of it with RST. */
  reset(): void;
}

/** What a link tells. None of it comes from within a call to the link. */
export interface LinkEvents {
  /**
   * Bytes have come: `bytes.subarray(start, end)`, valid during the call.
   * @returns false to have no more, until {@link Link.resume}.
   */
  read(bytes: Buffer, start: number, end: number): boolean;
  /** The system has taken what was handed over last. */
  written(): void;
  /** The peer has shut down its side; not while reading is stopped. */
  peerEnded(): void;
  /** The connection is broken; {@link linkClosed} follows. */
  linkFailed(kind: FailureKind, error: Error): void;
  /** It is gone, as both sides have ended, or whatever closed it; nothing follows. Comes once for every link. */
  linkClosed(): void;
}

/** The peer is gone, or the system has failed. */
export type FailureKind = 'peer-gone' | 'other';
