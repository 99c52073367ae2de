import * as v from 'valibot';
import type { FormatDescriptor, FormatName } from '../format/descriptor.ts';
import type { FramingDescriptor } from '../framing/resolve.ts';
import { bytes, milliseconds, positiveOrInfinite, share } from '../base/rules.ts';

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

/** The options that bound a connection, the same for `listen()` and `connect()`. */
export const limitEntries = {
  /** Largest `raw` message, and the length of `fixed-length` messages, in bytes. Default 1024. */
  size: v.optional(bytes(1), 1024),
  /** Bytes due to the peer above which `send` waits and its messages are no longer read. Default 65,536. */
  highWaterMark: v.optional(bytes(1), 65_536),
  /** Milliseconds a peer has, once the handler has finished, to close its side. Default 1000. */
  lingerTimeout: v.optional(milliseconds(), 1000),
  /** Milliseconds without a byte in either direction before a connection ends; 0 for never. Default 0. */
  idleTimeout: v.optional(milliseconds(), 0),
  /** Milliseconds a message that has begun may take to be complete; 0 for ever. Default 0. */
  messageTimeout: v.optional(milliseconds(), 0),
  /** Milliseconds a peer may take none of the bytes due to it; 0 for ever. Default 0. */
  writeTimeout: v.optional(milliseconds(), 0),
  /** Most bytes that may be due to a peer before it is closed as a slow reader. Default 64 MiB. */
  maxWriteBuffer: v.optional(positiveOrInfinite('bytes'), 64 * 2 ** 20),
  /** Milliseconds a connection may live; 0 for ever. Default 0. */
  maxLifetime: v.optional(milliseconds(), 0),
  /** Share of `maxLifetime`, from 0 to 1, by which lives are shortened at random, so that they don't end together. Default 0.1. */
  lifetimeJitter: v.optional(share(), 0.1),
  /** Messages per second a peer may send; beyond it, reading pauses. Default Infinity. */
  messagesPerSecond: v.optional(positiveOrInfinite('messages per second'), Infinity),
  /** Bytes per second a peer may send; beyond it, reading pauses. Default Infinity. */
  bytesPerSecond: v.optional(positiveOrInfinite('bytes per second'), Infinity),
} satisfies Record<keyof ConnectionLimits, v.GenericSchema>;

const limitNames = Object.keys(limitEntries) as (keyof ConnectionLimits)[];

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Framing and format; their own modules check what is in them. */
export const codecEntries = {
  /** Framing of every connection; overrides the handler's `export const framing`. Default: that one, else `raw()`. */
  framing: v.optional(
    v.custom<FramingDescriptor>(
      (value) => isObject(value) && typeof (value as { type?: unknown }).type === 'string',
      'must be made by raw(), lines(), delimiter(), fixedLength() or lengthField(); a framing of your own is exported by the handler module',
    ),
  ),
  /** Format of every message; overrides the handler's `export const format`. Default: that one, else `utf-8`. */
  format: v.optional(
    v.custom<FormatName | FormatDescriptor>(
      (value) => typeof value === 'string' || isObject(value),
      'must be the name of a format, or made by text(), binary() or json()',
    ),
  ),
};

/** Puts what bounds a connection together. */
export function splitLimits<T extends ConnectionLimits>(
  options: T,
): [ConnectionLimits, Omit<T, keyof ConnectionLimits>] {
  const rest: Partial<T> = { ...options };
  for (const name of limitNames) delete rest[name];
  const limits = Object.fromEntries(limitNames.map((name) => [name, options[name]]));
  return [limits as unknown as ConnectionLimits, rest as Omit<T, keyof ConnectionLimits>];
}
