/** How a thread ends, and what its end means for its connections and for its replacement. */
import type { CloseReason } from '../../base/close-reason.ts';

/** How a thread ended. */
export interface ThreadEnd {
  /** Why; `retired` and `terminated` are the server's own doing. */
  readonly reason:
    | 'retired'
    | 'load-failed'
    | 'thread-crash'
    | 'thread-exit'
    | 'thread-memory'
    | 'thread-stall'
    | 'terminated';
  /** The worker's exit code. */
  readonly exitCode: number;
  /** What was thrown, where something was. */
  readonly error?: unknown;
}

/** Why the connections of a thread that has ended have ended. */
export function closeReason({ reason }: Pick<ThreadEnd, 'reason'>): CloseReason {
  switch (reason) {
    case 'retired':
    case 'terminated':
      return 'server-drain';
    case 'load-failed':
      return 'thread-crash';
    default:
      return reason;
  }
}

/** Whether the server itself wanted it to end. */
export function isPlanned({ reason }: ThreadEnd): boolean {
  return reason === 'retired' || reason === 'terminated';
}
