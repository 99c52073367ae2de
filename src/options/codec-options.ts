// How messages are made of bytes: framing and format, whose own modules check what is in them.
import * as v from 'valibot';
import {
  checkFormat,
  DEFAULT_FORMAT,
  FORMAT_NAMES,
  type FormatDescriptor,
  type FormatName,
} from '../format/descriptor.ts';
import { checkFraming, DEFAULT_FRAMING, type FramingDescriptor } from '../framing/descriptor.ts';
import type { Framing } from '../framing/framing.ts';
import { FRAMING_FORMS, parseFramingText } from '../framing/framing-text.ts';
import type { FlagForm } from './flag.ts';
import { option } from './option.ts';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const FRAMINGS = 'must be made by raw(), lines(), delimiter(), fixedLength() or lengthField()';

const framingDescriptor = v.pipe(
  v.custom<FramingDescriptor>(
    (value) => isObject(value) && typeof (value as { type?: unknown }).type === 'string',
    `${FRAMINGS}; a framing of your own is exported by the handler module`,
  ),
  v.transform((descriptor) => checkFraming(descriptor)),
);

/** `createFraming()` checks the rest. */
const anyFraming = v.custom<FramingDescriptor | Framing>(isObject, `${FRAMINGS}, or be one of your own`);

const anyFormat = v.pipe(
  v.custom<FormatName | FormatDescriptor>(
    (value) => typeof value === 'string' || isObject(value),
    'must be the name of a format, or made by text(), binary() or json()',
  ),
  v.transform((format) => checkFormat(format)),
);

const framingFlag: Partial<FlagForm> = {
  placeholder: 'framing',
  forms: FRAMING_FORMS.join(', '),
  parse: parseFramingText,
};
const formatFlag: Partial<FlagForm> = { placeholder: 'format', forms: FORMAT_NAMES.join(', ') };

const FRAMING_TEXT = 'How bytes become messages.';
const FORMAT_TEXT = "How a message's bytes become a value.";

/** Those of `listen()`. */
export const serverCodecEntries = {
  framing: option(framingDescriptor, {
    text: `${FRAMING_TEXT} Wins over the handler's \`export const framing\`.`,
    defaultText: `the handler's, else \`${DEFAULT_FRAMING.type}\``,
    flag: framingFlag,
  }),
  format: option(anyFormat, {
    text: `${FORMAT_TEXT} Wins over the handler's \`export const format\`.`,
    defaultText: `the handler's, else \`${DEFAULT_FORMAT}\``,
    flag: formatFlag,
  }),
};

/** Those of `connect()`, where there is no handler module to bring them. */
export const clientCodecEntries = {
  framing: option(anyFraming, {
    text: `${FRAMING_TEXT} May be a framing of your own.`,
    default: DEFAULT_FRAMING,
    defaultText: `\`${DEFAULT_FRAMING.type}\``,
    flag: framingFlag,
  }),
  format: option(anyFormat, { text: FORMAT_TEXT, default: DEFAULT_FORMAT, flag: formatFlag }),
};
