/** Every way a connection can end, with what it means. Each connection ends with exactly one of these. */
export const CLOSE_REASONS = {
  'peer-end': 'the peer shut down its side and the handler finished',
  'peer-reset': 'the peer reset the connection or vanished',
  'handler-end': 'the handler finished, or end() was called, while the peer was still there',
  'handler-destroy': 'the handler called destroy()',
  'handler-error': 'the handler threw or rejected; what it had sent went out, then the connection was reset',
  'socket-error': 'the operating system reported another error on the socket',
  'incomplete-message': 'the peer shut down its side in the middle of a message',
  'invalid-message': "the peer's bytes don't form a message in the connection's framing and format",
  'message-too-large': 'a message is longer than its framing allows',
  'idle-timeout': 'no byte came or went for idleTimeout',
  'message-timeout': 'a message that had begun was not complete within messageTimeout',
  'write-timeout': 'the peer took no byte of what was due to it for writeTimeout',
  'slow-reader': 'more than maxWriteBuffer bytes were due to a peer that does not take them',
  'max-lifetime': 'the connection reached maxLifetime',
  'server-drain':
    "the server closed or reloaded: it ended the handler's wait for messages, or reset what was left at the deadline",
  'thread-crash': 'an uncaught exception or rejection ended its thread',
  'thread-exit': 'its thread ended by itself, by process.exit() for example',
  'thread-memory': 'its thread reached its memory limit',
  'thread-stall': 'its thread was terminated because its event loop stood still',
} as const satisfies Record<string, string>;

/** The one true cause for which a connection ended; see {@link CLOSE_REASONS}. */
export type CloseReason = keyof typeof CLOSE_REASONS;

/** How a connection ended. */
export interface ConnectionEnd {
  /** The one true cause. */
  readonly reason: CloseReason;
  /** What the handler gave to `destroy()`. */
  readonly detail?: string | undefined;
  /** What the handler threw, what was wrong with a message, or what ended the thread. */
  readonly error?: unknown;
}

/** Every way a client can be turned away before a thread has it, with what it means. */
export const DROP_REASONS = {
  'max-connections': 'there are maxConnections connections',
  'max-connections-per-address': 'its address has maxConnectionsPerAddress connections',
  denied: 'its address is denied, or not among the allowed ones',
  'accept-rate': 'more clients came than acceptRate allows',
  'accept-rate-per-address': 'more clients came from its address than acceptRatePerAddress allows',
  descriptors: 'the process has only reservedDescriptors file descriptors left',
  'server-drain': 'the server closed before a thread could take it',
  'peer-reset': 'it was gone before a thread could take it',
  'no-thread': 'threads crashed too often, and none is left',
  'balancer-error': 'the balance function threw, or chose no thread',
  'accept-error': 'the operating system could not accept it',
} as const satisfies Record<string, string>;

/** Why a client was turned away; see {@link DROP_REASONS}. */
export type DropReason = keyof typeof DROP_REASONS;
