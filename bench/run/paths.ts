import { join } from 'node:path';

export const bench = join(import.meta.dirname, '..');
export const root = join(bench, '..');
/** What setup makes; not in git. */
export const build = join(bench, 'build');
/** Which peers setup could build, and why not the others. */
export const peersFile = join(build, 'peers.json');
