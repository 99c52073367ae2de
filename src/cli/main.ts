#!/usr/bin/env node
import { nodeTooOld } from '../base/node-version.ts';

// Before anything is loaded that an older Node can't load.
const tooOld = nodeTooOld(process.versions.node);
if (tooOld) {
  console.error(`error: ${tooOld}`);
  process.exit(1);
}
const { run } = await import('./program.ts');
await run(process.argv);
