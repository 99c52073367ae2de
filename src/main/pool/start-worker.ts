/** Where a thread's Worker begins, and how it is started there. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { ThreadError } from '../../base/errors.ts';

/**
 * The module that a thread runs first.
 * @param chosen where it is in a server that was bundled, whose files aren't where they were written.
 * @throws ThreadError when it isn't there.
 */
export function threadEntry(chosen: string | undefined): URL {
  // A bundler that makes CommonJS leaves nothing of it.
  const here: string | undefined = import.meta.url;
  const own = here && new URL(`../../thread/entry${extname(here)}`, here).href;
  const entry = chosen ?? own;
  if (entry === undefined || (entry.startsWith('file:') && !existsSync(new URL(entry)))) {
    const where = entry === undefined ? '' : ` ${fileURLToPath(entry)}`;
    const rule = 'bundled, a server is told by the option "threadEntry" where multithread-server/thread is';
    throw new ThreadError('ERR_THREAD_START', `the entry of threads${where} isn't there: ${rule}`);
  }
  return new URL(entry);
}

/** Node holds `--input-type` against every file it begins with, also a thread's, which inherits the flag. */
const isTypeGiven = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((flags) =>
  flags.includes('--input-type'),
);

export function startWorker(entry: URL, options: WorkerOptions): Worker {
  return isTypeGiven
    ? new Worker(`import(${JSON.stringify(entry.href)})`, { ...options, eval: true })
    : new Worker(entry, options);
}
