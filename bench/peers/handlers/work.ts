/** What the handlers of the Node peers do besides echoing; the same code for each. */
import { createHash } from 'node:crypto';

const SPIN_MILLISECONDS = 2000;
const SPIN = 'S'.charCodeAt(0);
const WHO = 'W'.charCodeAt(0);
// About a millisecond on a machine of 2025; the same work for every peer.
const block = Buffer.alloc(2 ** 20, 'benchmark');

/** A CPU-bound handler: hashes, then gives the message back. */
export function hash(message: Buffer): Buffer {
  createHash('sha256').update(block).update(message).digest();
  return message;
}

/**
 * A handler that one client can make spin. `S…` keeps the thread busy for 2 s, `W…` asks which thread this is; all else is
 * echoed.
 */
export function spinOrEcho(message: Buffer, threadId: number): Buffer {
  if (message[0] === WHO) return Buffer.from(`W${threadId}`.padEnd(message.length));
  if (message[0] === SPIN) {
    const end = performance.now() + SPIN_MILLISECONDS;
    while (performance.now() < end);
  }
  return message;
}
