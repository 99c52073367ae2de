/** What a server tells: its events, and its numbers. */
import type { CloseReason, ConnectionEnd, DropReason } from '../base/close-reason.ts';
import type { BoundAddress, DriverName, TransportInfo } from '../transport/transport.ts';
import type { CounterSnapshot } from '../base/counters.ts';
import type { Endpoint } from '../base/endpoint.ts';
import type { BlackBox } from './pool/black-box.ts';
import type { ServedConnection } from './ledger.ts';
import type { ThreadEnd } from './pool/thread-end.ts';
import type { ThreadState } from './pool/thread-handle.ts';

/** One thread, as `server.threads` shows it. */
export interface ThreadInfo extends CounterSnapshot {
  /** Unique in its server; a replacement gets a new one. */
  readonly id: number;
  /** What it is doing. */
  readonly state: ThreadState;
  /** Connections it has now. */
  readonly connections: number;
  /** Connections it was ever given. */
  readonly served: number;
  /** When it was started, in milliseconds since the epoch. */
  readonly since: number;
}

/** The server's numbers since it started. */
export interface ServerStats extends CounterSnapshot {
  /** The way bytes take. */
  readonly transport: DriverName;
  /** Connections now, the waiting ones included. */
  readonly connections: number;
  /** Connections that wait, unread, for a thread that can take them. */
  readonly waiting: number;
  /** Connections ever accepted. */
  readonly accepted: number;
  /** Connections that ended, by reason. */
  readonly closed: Readonly<Partial<Record<CloseReason, number>>>;
  /** Clients turned away, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Threads now, those that start or retire included. */
  readonly threads: number;
}

/** A connection has ended. */
export interface Disconnect extends ServedConnection, ConnectionEnd {
  /** Bytes of the client; undefined when the thread ended without a word. */
  readonly bytesRead?: number | undefined;
  /** Bytes written to the client; undefined when the thread ended without a word. */
  readonly bytesWritten?: number | undefined;
  /** Milliseconds from accept to the end. */
  readonly duration: number;
}

/** A client was turned away before a thread had it. */
export interface Drop {
  /** Why it was turned away. */
  readonly reason: DropReason;
  /** Undefined when the client was gone already. */
  readonly peer: Endpoint | undefined;
  /** What went wrong, where something did. */
  readonly error?: unknown;
}

/** A handler threw or rejected. */
export interface HandlerFailure extends Pick<ServedConnection, 'id' | 'peer' | 'threadId'> {
  /** What was thrown. */
  readonly error: unknown;
}

/** A thread's event loop stood still. */
export interface ThreadStall {
  /** The thread. */
  readonly threadId: number;
  /** Milliseconds since it last turned. */
  readonly silentFor: number;
}

/** A thread is gone. */
export interface ThreadExit extends ThreadEnd {
  /** The thread. */
  readonly threadId: number;
}

/** The server's events. */
export interface ServerEvents {
  /** It listens, at the start or after `resume()`. */
  listening: [addresses: BoundAddress[], transport: TransportInfo];
  /** A connection was handed to a thread. */
  connection: [connection: ServedConnection];
  /** Follows each `connection` exactly once. */
  disconnect: [disconnect: Disconnect];
  /** A client was turned away before a thread had it. */
  drop: [drop: Drop];
  /** A handler threw or rejected, in whatever callback; a `disconnect` tells of the connection's end. */
  'handler-error': [failure: HandlerFailure];
  /** A thread has loaded its handler and takes connections. */
  'thread-start': [thread: ThreadInfo];
  /** A thread is gone, whatever ended it. */
  'thread-exit': [exit: ThreadExit];
  /** A thread's event loop stands still; `blackBox` follows when the thread was looked into, in about 200 ms. */
  'thread-stalled': [stall: ThreadStall];
  /** A stalled thread's event loop turns again. */
  'thread-recovered': [stall: ThreadStall];
  /** What is known of a stalled thread; again, before it is terminated. */
  'black-box': [record: BlackBox];
  /** New threads have loaded the handler and taken over. */
  reload: [threads: ThreadInfo[]];
  /** `close()` has begun. */
  drain: [];
  /** Nothing of the server is left. */
  close: [];
  /** The server goes on, less able than before: threads crash too often, or an address fails. */
  error: [error: Error];
}
