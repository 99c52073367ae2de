// An options file: a JSON object with the options of `main()` that JSON can express.
import { readFileSync } from 'node:fs';
import type * as v from 'valibot';
import { OptionError } from '../base/errors.ts';
import { showValue } from '../base/show-value.ts';
import { factsOf } from './option.ts';

/**
 * Reads an options file. What stands in it isn't checked here, as flags may win over it. JSON has no Infinity: the text
 * "Infinity" stands for it where an option may be that.
 * @throws OptionError when it can't be read or isn't a JSON object.
 */
export function readOptionsFile(
  path: string,
  entries: Readonly<Record<string, v.GenericSchema>>,
): Record<string, unknown> {
  const options = parse(path, read(path));
  for (const [name, value] of Object.entries(options)) {
    if (value !== 'Infinity' || !Object.hasOwn(entries, name)) continue;
    if (factsOf(entries[name]!).isInfiniteAllowed) options[name] = Infinity;
  }
  return options;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf-8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OptionError('options', `must be the path of a file, got ${showValue(path)} (${code})`);
  }
}

function parse(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OptionError('options', `must be a JSON file: ${path}: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new OptionError('options', `must be a file with a JSON object: ${path}, got ${showValue(value)}`);
}
