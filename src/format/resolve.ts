import * as v from 'valibot';
import { BinaryFormat } from './binary-format.ts';
import { check } from '../base/rules.ts';
import type { Format, FormatDescriptor, FormatName, MessageOf, TextFormatName } from './format.ts';
import { JsonFormat } from './json-format.ts';
import { TextFormat } from './text-format.ts';

export type { Format, FormatDescriptor, FormatName, MessageOf } from './format.ts';

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

const NAMES = ['utf-8', 'utf-16le', 'latin1', 'ascii', 'hex', 'base64', 'binary', 'json'] as const;
const NAME_RULE = `must be one of ${NAMES.join(', ')}`;
const WITH_FATAL: readonly FormatName[] = ['utf-8', 'utf-16le', 'ascii'];

const descriptorSchema = v.pipe(
  v.strictObject({
    type: v.picklist(NAMES, NAME_RULE),
    fatal: v.optional(v.boolean('must be true or false'), false),
  }),
  v.forward(
    v.check(
      ({ type, fatal }) => !fatal || WITH_FATAL.includes(type),
      `can be set for ${WITH_FATAL.join(', ')} only`,
    ),
    ['fatal'],
  ),
);
const nameSchema = v.pipe(
  v.picklist(NAMES),
  v.transform((type) => ({ type, fatal: false })),
);

/**
 * The working side of a format.
 * @throws OptionError naming the option, its value and the rule.
 */
export function createFormat<F extends FormatName | FormatDescriptor>(format: F): Format<MessageOf<F>> {
  const schema = typeof format === 'string' ? nameSchema : descriptorSchema;
  const { type, fatal } = check<{ type: FormatName; fatal: boolean }>(schema, format, {
    option: 'format',
    rule: NAME_RULE,
  });
  return create(type, fatal) as Format<MessageOf<F>>;
}

function create(type: FormatName, fatal: boolean): Format<string> | Format<Buffer> | Format {
  if (type === 'binary') return new BinaryFormat();
  if (type === 'json') return new JsonFormat();
  return new TextFormat(type, fatal);
}
