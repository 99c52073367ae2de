import { watch } from 'node:fs';
import { dirname } from 'node:path';

const SOURCE = /\.(?:[cm]?[jt]s|json)$/;
const DEPENDENCIES = /(?:^|[\\/])node_modules[\\/]/;

/** An editor writes a file in several steps, and a checkout many files: one change for all of them. */
const SETTLE_MS = 100;

/**
 * Calls `changed` when a source file beside or below `file` changes, dependencies aside.
 * @returns stops watching.
 */
export function watchSources(file: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(file), { recursive: true }, (_, name) => {
    if (name === null || !SOURCE.test(name) || DEPENDENCIES.test(name)) return;
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
