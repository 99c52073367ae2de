import type { FramingDescriptor } from '../framing/resolve.ts';
import type { FormatDescriptor, FormatName } from '../format/descriptor.ts';
import type { ConnectionEnd } from '../base/close-reason.ts';
import type { Endpoint } from '../base/endpoint.ts';
import type { ConnectionLimits } from '../options/connection-options.ts';
import type { OnDrain } from '../options/public.ts';
import type { DriverStart } from '../transport/transport.ts';

/** What a thread is told when it starts (as `workerData`): only the options it needs. */
export interface ThreadStart {
  readonly id: number;
  readonly handler: string;
  readonly framing: FramingDescriptor | undefined;
  readonly format: FormatName | FormatDescriptor | undefined;
  readonly onDrain: OnDrain | undefined;
  readonly data: unknown;
  readonly counters: SharedArrayBuffer;
  readonly transport: DriverStart;
  readonly limits: ConnectionLimits;
  /** Milliseconds of silence after which main takes it for stalled; 0 for never. */
  readonly stallTimeout: number;
}

/** Main → thread. */
export type ToThread =
  /** Tell the handlers that their time is limited; when the server closes, end their waits for messages, too. */
  | { act: 'drain'; isClosing: boolean }
  /** End every connection now, with `server-drain`. */
  | { act: 'end-connections' }
  /** Tear down and exit; every connection has ended. */
  | { act: 'stop' };

/** Thread → main. */
export type FromThread =
  | { act: 'ready' }
  | { act: 'load-failed'; why: string; error: unknown }
  /** Connections that have ended, all of one turn in one message. */
  | { act: 'ended'; ends: EndReport[] }
  /** A hand-off was acknowledged after main had found none free. */
  | { act: 'room' }
  /** A handler threw or rejected; its connection's end, where it still had one, is told by `ended`. */
  | { act: 'handler-error'; id: number; peer: Endpoint; error: unknown }
  /** The thread is about to exit because of this. */
  | { act: 'crashed'; error: unknown }
  /** The thread exits, whatever made it. */
  | { act: 'exiting' };

/** A connection's end, as its thread reports it. */
export interface EndReport extends ConnectionEnd {
  /** The connection's. */
  readonly id: number;
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
