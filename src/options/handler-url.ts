import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OptionError } from '../base/errors.ts';
import { showValue } from '../base/show-value.ts';

/** The schemes that a thread can import from; everything else is a path. */
const IMPORTABLE = /^(file|data|node):/;

/** The echo handler's module, beside this one or its build. */
export const ECHO_HANDLER = new URL(`../echo/handler${extname(import.meta.url)}`, import.meta.url);

/**
 * What a thread imports: a URL as it is, a `file:`, `data:` or `node:` text as it is, else a path from the working
 * directory.
 * @throws OptionError for a path that is no file.
 */
export function handlerUrl(handler: URL | string): string {
  if (handler instanceof URL) return handler.href;
  if (IMPORTABLE.test(handler)) return handler;
  const fault = fileFault(handler);
  if (fault !== undefined) {
    throw new OptionError('handler', `must be the path of a file, got ${showValue(handler)}${fault}`);
  }
  return pathToFileURL(handler).href;
}

function fileFault(path: string): string | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? undefined : '';
  } catch (error) {
    return ` (${(error as NodeJS.ErrnoException).code})`;
  }
}
