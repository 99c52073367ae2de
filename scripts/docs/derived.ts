import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mainEntries } from '../../src/echo/main-options.ts';
import { rateEntries } from '../../src/options/admission-options.ts';
import { connectEntries } from '../../src/options/connect-options.ts';
import { limitEntries } from '../../src/options/connection-options.ts';
import { listenEntries } from '../../src/options/listen-options.ts';
import { elasticEntries } from '../../src/options/thread-options.ts';
import { withComments, type OptionEntries } from './comments.ts';
import { optionsPage } from './options-page.ts';

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const INTERFACES: Readonly<Record<string, Readonly<Record<string, OptionEntries>>>> = {
  'src/options/public.ts': {
    ConnectionOptions: limitEntries,
    ListenOptions: listenEntries,
    ElasticThreads: elasticEntries,
    AcceptRate: rateEntries,
    ConnectOptions: connectEntries,
  },
  'src/echo/main-options.ts': { MainOptions: mainEntries },
};

/** Every file that derives from the options' entries, with what is to stand in it. */
export function derived(): Map<string, string> {
  const files = new Map([[inRoot('docs/options.md'), optionsPage()]]);
  for (const [path, interfaces] of Object.entries(INTERFACES)) {
    const file = inRoot(path);
    let source = readFileSync(file, 'utf-8');
    for (const [name, entries] of Object.entries(interfaces)) source = withComments(source, name, entries);
    files.set(file, source);
  }
  return files;
}
