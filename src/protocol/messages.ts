import type { Socket } from 'node:net';
import type { FramingDescriptor } from '../framing/resolve.ts';
import type { FormatDescriptor, FormatName } from '../format/resolve.ts';
import type { CloseReason } from '../base/close-reason.ts';
import type { SocketHandle } from '../transport/node/handle.ts';

/** One end of a connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly family: 'IPv4' | 'IPv6';
}

/** What a thread is told when it starts (as `workerData`): only the options it needs. */
export interface ThreadStart {
  readonly id: number;
  readonly handler: string;
  readonly framing: FramingDescriptor | undefined;
  readonly format: FormatName | FormatDescriptor | undefined;
  readonly data: unknown;
  readonly counters: SharedArrayBuffer;
  readonly limits: ConnectionLimits;
  /** Milliseconds of silence after which main takes it for stalled; 0 for never. */
  readonly stallTimeout: number;
}

/** What bounds each connection; see the options of the same names. */
export interface ConnectionLimits {
  readonly size: number;
  readonly highWaterMark: number;
  readonly lingerTimeout: number;
  readonly idleTimeout: number;
  readonly messageTimeout: number;
  readonly writeTimeout: number;
  readonly maxWriteBuffer: number;
  readonly maxLifetime: number;
  readonly lifetimeJitter: number;
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** An accepted connection, as its thread is to know it. */
export interface AcceptedConnection {
  readonly connectionId: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
}

/**
 * What is moved: the bare handle, as Node takes a socket apart and builds it anew, at twice the price; or the whole socket,
 * where Node doesn't give its handle away.
 */
export type Moved = { readonly handle: SocketHandle } | { readonly socket: Socket };

/** An accepted connection that goes to a thread. */
export type HandOff = AcceptedConnection & Moved;

/** Main → thread. */
export type ToThread =
  | ({ act: 'serve' } & HandOff)
  /** Tell the handlers that their time is limited. */
  | { act: 'drain' }
  /** End every connection now, with `server-drain`. */
  | { act: 'end-connections' }
  /** Tear down and exit; every connection has ended. */
  | { act: 'stop' };

/** Thread → main. */
export type FromThread =
  | { act: 'ready' }
  | { act: 'load-failed'; why: string; error: unknown }
  /** Connections that have ended, all of one turn in one message. */
  | { act: 'closed'; ends: Closed[] }
  /** A hand-off was acknowledged after main had found none free. */
  | { act: 'room' }
  /** A handler threw or rejected; its connection's end, where it still had one, is told by `closed`. */
  | { act: 'handler-error'; connectionId: number; peer: Endpoint; error: unknown }
  /** The thread is about to exit because of this. */
  | { act: 'crashed'; error: unknown }
  /** The thread exits, whatever made it. */
  | { act: 'exiting' };

/** A connection's end, as its thread reports it. */
export interface Closed {
  readonly connectionId: number;
  readonly reason: CloseReason;
  /** What the handler gave to `destroy()`. */
  readonly detail?: string;
  /** What the handler threw, or what was wrong with a message. */
  readonly error?: unknown;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** One function per act. A message whose act isn't in the table isn't ours and is ignored. */
export type ActTable<M extends { act: string }> = {
  [A in M['act']]: (message: Extract<M, { act: A }>) => void;
};

/** Calls the function for a message's act. */
export function dispatchAct<M extends { act: string }>(table: ActTable<M>, message: unknown): void {
  const act = (message as { act?: unknown } | null)?.act;
  if (typeof act !== 'string' || !Object.hasOwn(table, act)) return;
  table[act as M['act']](message as never);
}
