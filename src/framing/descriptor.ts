import * as v from 'valibot';
import { bytes, check, whole } from '../base/rules.ts';
import { type DelimiterDescriptor, delimiterBytes } from './delimiter.ts';
import { showDelimiter } from './delimiter-set.ts';
import type { FixedLengthDescriptor } from './fixed-length.ts';
import { DEFAULT_LENGTH_BYTES, DEFAULT_MAX_LENGTH, type LengthFieldDescriptor } from './length-field.ts';
import type { LinesDescriptor } from './lines.ts';
import type { RawDescriptor } from './raw.ts';

/** A framing as plain data, made by `raw()`, `lines()`, `delimiter()`, `fixedLength()` or `lengthField()`. */
export type FramingDescriptor =
  | RawDescriptor
  | LinesDescriptor
  | DelimiterDescriptor
  | FixedLengthDescriptor
  | LengthFieldDescriptor;

/** Where neither options nor handler have one. */
export const DEFAULT_FRAMING: FramingDescriptor = { type: 'raw' };

const MAX_BYTES = 2 ** 30;
const MAX_DELIMITER_BYTES = 256;

function oneOf<const T extends v.PicklistOptions>(values: T) {
  return v.picklist(values, `must be one of ${values.map((value) => JSON.stringify(value)).join(', ')}`);
}

const maxLength = v.optional(bytes(1));

const delimiterRule = `must be a text or Uint8Array of 1 to ${MAX_DELIMITER_BYTES} bytes`;
const delimiterSchema = v.custom<string | Uint8Array>((value) => {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return false;
  const { length } = delimiterBytes(value);
  return length >= 1 && length <= MAX_DELIMITER_BYTES;
}, delimiterRule);

const delimitersSchema = v.pipe(
  v.array(delimiterSchema, 'must be an array'),
  v.minLength(1, 'must have at least one delimiter'),
  v.rawCheck(({ dataset, addIssue }) => {
    const fault = dataset.typed ? unreachable(dataset.value.map(delimiterBytes)) : undefined;
    if (fault !== undefined) addIssue({ message: fault });
  }),
);

/** A delimiter that holds another before its own end can't ever be found: the other is complete first. */
function unreachable(delimiters: readonly Buffer[]): string | undefined {
  for (const outer of delimiters) {
    for (const inner of delimiters) {
      const at = outer.indexOf(inner);
      if (at !== -1 && at + inner.length < outer.length) {
        return `must not have one that another begins with or holds before its end (${showDelimiter(inner)} in ${showDelimiter(outer)})`;
      }
    }
  }
  return undefined;
}

const padSchema = v.custom<number | false>(
  (value) => value === false || (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255),
  'must be a byte from 0 to 255, or false',
);

const lengthFieldSchema = v.pipe(
  v.strictObject({
    type: v.literal('length-field'),
    lengthBytes: v.optional(oneOf([1, 2, 3, 4, 8, 'varint'])),
    byteOrder: v.optional(oneOf(['big', 'little'])),
    offset: v.optional(bytes(0)),
    adjustment: v.optional(whole(-MAX_BYTES, MAX_BYTES, 'bytes')),
    strip: v.optional(bytes(0)),
    maxLength,
  }),
  v.forward(
    v.check(
      ({ lengthBytes, strip = 0 }) => lengthBytes !== 'varint' || strip === 0,
      'must be 0 or absent with lengthBytes "varint", whose size varies',
    ),
    ['strip'],
  ),
  v.forward(
    v.check(
      (given) => (given.maxLength ?? DEFAULT_MAX_LENGTH) >= shortestHeader(given),
      ({ input }) =>
        `must be at least ${shortestHeader(input)} for the header of offset and lengthBytes (default ${DEFAULT_MAX_LENGTH})`,
    ),
    ['maxLength'],
  ),
);

function shortestHeader({
  lengthBytes = DEFAULT_LENGTH_BYTES,
  offset = 0,
}: {
  lengthBytes?: number | 'varint' | undefined;
  offset?: number | undefined;
}): number {
  return offset + (lengthBytes === 'varint' ? 1 : lengthBytes);
}

const TYPES = ['raw', 'lines', 'delimiter', 'fixed-length', 'length-field'] as const;

const RULE = 'must be made by raw(), lines(), delimiter(), fixedLength() or lengthField()';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const schema = v.pipe(
  v.custom<object>(isObject, RULE),
  v.variant(
    'type',
    [
      v.strictObject({ type: v.literal('raw'), size: v.optional(bytes(1)) }),
      v.strictObject({ type: v.literal('lines'), maxLength }),
      v.strictObject({ type: v.literal('delimiter'), delimiters: delimitersSchema, maxLength }),
      v.strictObject({
        type: v.literal('fixed-length'),
        length: v.optional(bytes(1)),
        pad: v.optional(padSchema),
      }),
      lengthFieldSchema,
    ],
    `must be one of ${TYPES.join(', ')}`,
  ),
);

/**
 * Checks a descriptor, which may be written by hand.
 * @throws OptionError naming the option, its value and the rule.
 */
export function checkFraming(descriptor: unknown): FramingDescriptor {
  return check(schema, descriptor, 'framing') as FramingDescriptor;
}
