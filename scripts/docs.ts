// Writes what derives from the options' entries: the comments of the public interfaces, and docs/options.md.
import { writeFileSync } from 'node:fs';
import { derived } from './docs/derived.ts';

for (const [file, text] of derived()) writeFileSync(file, text);
