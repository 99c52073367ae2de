import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OptionError } from '../base/errors.ts';
import { showValue } from '../base/show-value.ts';

/** The schemes that a thread can import from; everything else is a path. */
const IMPORTABLE = /^(file|data|node):/;

// A bundler that makes CommonJS leaves nothing of it, and a bundle has no echo handler.
const here = (import.meta.url as string | undefined) ?? 'file:///';

/** The echo handler's module, beside this one or its build. */
export const ECHO_HANDLER = new URL(`../echo/handler${extname(here)}`, here);

/**
 * Makes of an option what a thread imports: a URL as it is, a `file:`, `data:` or `node:` text as it is, else a path from the
 * working directory.
 * @throws OptionError for a path that is no file.
 */
export function moduleUrl(option: string): (module: URL | string) => string {
  return (module) => {
    if (module instanceof URL) return module.href;
    if (IMPORTABLE.test(module)) return module;
    const fault = fileFault(module);
    if (fault !== undefined) {
      throw new OptionError(option, `must be the path of a file, got ${showValue(module)}${fault}`);
    }
    return pathToFileURL(module).href;
  };
}

function fileFault(path: string): string | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? undefined : '';
  } catch (error) {
    return ` (${(error as NodeJS.ErrnoException).code})`;
  }
}
