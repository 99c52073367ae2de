/** Sorts the system's errors by what they mean for a link or a listener. */

/** The peer is gone. */
const PEER_GONE = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The client left before it was accepted, or a resource was short: the next accept may succeed. */
const PASSING = new Set([
  'ECONNABORTED',
  'EINTR',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EPERM',
  'EPROTO',
]);

export function isPeerGone({ code = '' }: NodeJS.ErrnoException): boolean {
  return PEER_GONE.has(code);
}

/** Whether accepting may go on after it. */
export function isPassing({ code = '' }: NodeJS.ErrnoException): boolean {
  return PASSING.has(code);
}
