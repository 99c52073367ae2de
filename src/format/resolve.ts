import { BinaryFormat } from './binary-format.ts';
import { checkFormat, type FormatDescriptor, type FormatName, type MessageOf } from './descriptor.ts';
import type { Format } from './format.ts';
import { JsonFormat } from './json-format.ts';
import { TextFormat } from './text-format.ts';

/**
 * The working side of a format.
 * @throws OptionError naming the option, its value and the rule.
 */
export function createFormat<F extends FormatName | FormatDescriptor>(format: F): Format<MessageOf<F>> {
  const { type, fatal = false } = checkFormat(format);
  return create(type, fatal) as Format<MessageOf<F>>;
}

function create(type: FormatName, fatal: boolean): Format<string> | Format<Buffer> | Format {
  if (type === 'binary') return new BinaryFormat();
  if (type === 'json') return new JsonFormat();
  return new TextFormat(type, fatal);
}
