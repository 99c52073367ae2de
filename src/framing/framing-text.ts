import { isUtf8 } from 'node:buffer';
import { OptionError } from '../base/errors.ts';
import { checkFraming, type FramingDescriptor } from './descriptor.ts';

/** What {@link parseFramingText} reads. */
export const FRAMING_FORMS = [
  'raw[:SIZE]',
  'lines[:MAX_LENGTH]',
  'delimiter:BYTES',
  'fixed-length[:LENGTH]',
  'length-field[:1|2|3|4|8|varint[,big|little]]',
];
const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' };

/** What may follow the name and a colon; `argument` is undefined where nothing does. */
const PARSE: {
  readonly [T in FramingDescriptor['type']]: (argument: string | undefined, text: string) => unknown;
} = {
  raw: (argument, text) => ({ type: 'raw', ...wholeNumber('size', argument, text) }),
  lines: (argument, text) => ({ type: 'lines', ...wholeNumber('maxLength', argument, text) }),
  delimiter: (argument, text) => ({ type: 'delimiter', delimiters: [unescape(argument ?? '', text)] }),
  'fixed-length': (argument, text) => ({ type: 'fixed-length', ...wholeNumber('length', argument, text) }),
  'length-field': lengthField,
};

/**
 * Reads a framing from the command line: `raw`, `raw:512`, `lines`, `lines:65536` (maxLength), `delimiter:\r\n`
 * (with the escapes `\r \n \t \0 \xHH \\`), `fixed-length:256`, `length-field`, `length-field:2,little`,
 * `length-field:varint`.
 * @throws OptionError naming the option, its value and the rule.
 */
export function parseFramingText(text: string): FramingDescriptor {
  const colon = text.indexOf(':');
  const name = colon === -1 ? text : text.slice(0, colon);
  if (!Object.hasOwn(PARSE, name)) throw notAFraming(text);
  const argument = colon === -1 ? undefined : text.slice(colon + 1);
  return checkFraming(PARSE[name as FramingDescriptor['type']](argument, text));
}

function notAFraming(text: string): OptionError {
  return new OptionError(
    'framing',
    `must be one of ${FRAMING_FORMS.join(', ')}, got ${JSON.stringify(text)}`,
  );
}

function wholeNumber(key: string, argument: string | undefined, text: string): Record<string, number> {
  if (argument === undefined) return {};
  if (!/^\d+$/.test(argument)) throw notAFraming(text);
  return { [key]: Number(argument) };
}

function lengthField(argument: string | undefined, text: string): unknown {
  if (argument === undefined) return { type: 'length-field' };
  const match = /^(\d|varint)(?:,(big|little))?$/.exec(argument);
  if (match === null) throw notAFraming(text);
  const [, size, byteOrder] = match;
  const lengthBytes = size === 'varint' ? size : Number(size);
  return { type: 'length-field', lengthBytes, ...(byteOrder === undefined ? {} : { byteOrder }) };
}

/** A text where its bytes are utf-8, else the bytes: `\xHH` is a byte, not a character. */
function unescape(argument: string, text: string): string | Uint8Array {
  const parts = argument.split(/(\\(?:x[\da-f]{2}|.)?)/i).map((part) => {
    if (!part.startsWith('\\')) return Buffer.from(part);
    if (part.length === 4) return Buffer.from(part.slice(2), 'hex');
    const char = ESCAPES[part.slice(1)];
    if (char !== undefined) return Buffer.from(char);
    throw new OptionError(
      'framing',
      `must have the escapes \\r, \\n, \\t, \\0, \\xHH and \\\\ only, got ${JSON.stringify(part)} in ${JSON.stringify(text)}`,
    );
  });
  const bytes = Buffer.concat(parts);
  return isUtf8(bytes) ? bytes.toString() : Uint8Array.from(bytes);
}
