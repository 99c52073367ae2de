import * as v from 'valibot';
import { check } from '../base/rules.ts';

/** The formats whose messages are strings. */
export type TextFormatName = 'utf-8' | 'utf-16le' | 'latin1' | 'ascii' | 'hex' | 'base64';

/** How a message's bytes become a value. */
export type FormatName = TextFormatName | 'binary' | 'json';

// Exists in types only, so that the message type can be inferred from a descriptor.
declare const messageType: unique symbol;

/** A format as plain data, made by `text()`, `binary()` or `json()`. `M` is the type of its messages. */
export interface FormatDescriptor<M = unknown> {
  /** Its name. */
  readonly type: FormatName;
  /** Whether bytes or text that can't be decoded or written without loss are errors. Default false. */
  readonly fatal?: boolean;
  readonly [messageType]?: M;
}

type MessageOfName<N extends FormatName> = N extends 'json' ? unknown : N extends 'binary' ? Buffer : string;

/** The message type of a format: string, Buffer, or what `json<T>()` was given. */
export type MessageOf<F extends FormatName | FormatDescriptor> = F extends FormatName
  ? MessageOfName<F>
  : F extends FormatDescriptor<infer M>
    ? unknown extends M
      ? MessageOfName<F['type']>
      : M
    : never;

/**
 * Messages are strings, decoded as Node's Buffer does: invalid bytes become U+FFFD, `ascii` ignores the highest bit, a
 * byte-order mark is kept. `latin1` and `ascii` send the low byte of each character. In `hex` and `base64` the message
 * is the text that stands for the bytes on the wire; `send` rejects text that isn't valid (`invalid-message`). A short
 * message that is kept may hold up to 4 KiB of the text that came with it in memory, as JavaScript's own slices do.
 * @param encoding default `'utf-8'`.
 * @param options.fatal for `utf-8`, `utf-16le` and `ascii`: bytes that aren't valid end the connection
 * (`invalid-message`), and `send` rejects text that can't be written without loss. The name is TextDecoder's.
 * Default false.
 */
export function text(
  encoding: TextFormatName = 'utf-8',
  options: { fatal?: boolean } = {},
): FormatDescriptor<string> {
  return { type: encoding, ...options };
}

/** Messages are Buffers, copied: they may be kept. Any Uint8Array can be sent. */
export function binary(): FormatDescriptor<Buffer> {
  return { type: 'binary' };
}

/**
 * Messages are JSON values in utf-8 (RFC 8259, no byte-order mark). Invalid utf-8 or JSON ends the connection
 * (`invalid-message`); `send` rejects what JSON can't express: undefined, functions, symbols, bigints, cycles.
 * `T` is taken on trust: check the messages of clients that aren't your own.
 */
export function json<T = unknown>(): FormatDescriptor<T> {
  return { type: 'json' };
}

/** The names of all formats. */
export const FORMAT_NAMES = [
  'utf-8',
  'utf-16le',
  'latin1',
  'ascii',
  'hex',
  'base64',
  'binary',
  'json',
] as const;
/** Where neither options nor handler have one. */
export const DEFAULT_FORMAT: FormatName = 'utf-8';

const RULE = `must be one of ${FORMAT_NAMES.join(', ')}`;
const WITH_FATAL: readonly FormatName[] = ['utf-8', 'utf-16le', 'ascii'];

const descriptorSchema = v.pipe(
  v.strictObject(
    {
      type: v.picklist(FORMAT_NAMES, RULE),
      fatal: v.optional(v.boolean('must be true or false')),
    },
    RULE,
  ),
  v.forward(
    v.check(
      ({ type, fatal }) => fatal !== true || WITH_FATAL.includes(type),
      `can be set for ${WITH_FATAL.join(', ')} only`,
    ),
    ['fatal'],
  ),
);
const nameSchema = v.pipe(
  v.picklist(FORMAT_NAMES, RULE),
  v.transform((type) => ({ type })),
);

/**
 * Checks a name, or a descriptor, which may be written by hand.
 * @throws OptionError naming the option, its value and the rule.
 */
export function checkFormat(format: unknown): FormatDescriptor {
  const schema = typeof format === 'string' ? nameSchema : descriptorSchema;
  return check(schema, format, 'format') as FormatDescriptor;
}
