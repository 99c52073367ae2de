// What bounds a connection: the options that `listen()` and `connect()` share.
import { bytes, milliseconds, positiveOrInfinite, share } from '../base/rules.ts';
import { option, type Entries } from './option.ts';
import type { ConnectionOptions } from './public.ts';

/** What bounds each connection; see the options of the same names. */
export type ConnectionLimits = { readonly [K in keyof ConnectionOptions]-?: number };

export const limitEntries = {
  size: option(bytes(1), {
    text: 'Largest `raw` message, and the length of `fixed-length` messages.',
    default: 1024,
  }),
  highWaterMark: option(bytes(1), {
    text: "Bytes due to the peer above which `send` waits and the peer's messages are no longer read.",
    default: 65_536,
  }),
  lingerTimeout: option(milliseconds(), {
    text: 'Time that a peer has, once the handler has finished, to close its side.',
    default: 1000,
  }),
  idleTimeout: option(milliseconds(), {
    text: 'Time without a byte in either direction after which a connection ends; 0 for never.',
    default: 0,
  }),
  messageTimeout: option(milliseconds(), {
    text: 'Time that a message that has begun may take to be complete; 0 for ever.',
    default: 0,
  }),
  writeTimeout: option(milliseconds(), {
    text: 'Time that a peer may take none of the bytes due to it; 0 for ever.',
    default: 0,
  }),
  maxWriteBuffer: option(positiveOrInfinite('bytes'), {
    text: 'Most bytes that may be due to a peer before it is closed as a slow reader.',
    default: 64 * 2 ** 20,
  }),
  maxLifetime: option(milliseconds(), {
    text: 'Time that a connection may live; 0 for ever.',
    default: 0,
  }),
  lifetimeJitter: option(share(), {
    text: "Share of `maxLifetime`, from 0 to 1, by which lives are shortened at random, so that they don't end together.",
    default: 0.1,
  }),
  messagesPerSecond: option(positiveOrInfinite('messages per second'), {
    text: 'Messages that a peer may send in a second; beyond it, reading pauses.',
    default: Infinity,
  }),
  bytesPerSecond: option(positiveOrInfinite('bytes per second'), {
    text: 'Bytes that a peer may send in a second; beyond it, reading pauses.',
    default: Infinity,
  }),
} satisfies Entries<ConnectionOptions>;

const LIMITS = Object.keys(limitEntries) as (keyof ConnectionLimits)[];

/** What bounds a connection, out of all options. */
export function limitsOf(options: ConnectionLimits): ConnectionLimits {
  return Object.fromEntries(LIMITS.map((name) => [name, options[name]])) as Record<
    keyof ConnectionLimits,
    number
  >;
}
