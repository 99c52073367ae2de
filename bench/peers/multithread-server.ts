/**
 * This package, as it is published: compiled. Arguments: port, mode, number of threads or `per-connection`.
 * `echo` is the built-in handler.
 */
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { HEAP_LIMIT } from './handlers/faults.ts';
import type * as Package from '../../src/index.ts';

const compiled = pathToFileURL(join(import.meta.dirname, '../build/package/index.js'));
const { lines, listen } = (await import(compiled.href)) as typeof Package;

const [port = '0', mode = 'echo', threads = '1'] = process.argv.slice(2);
const handler = (name: string) => new URL(`./handlers/${name}.ts`, import.meta.url);

const modes: Record<string, Package.ListenOptions> = {
  echo: {},
  small: { threadYoungMemoryLimit: 4 },
  callback: { handler: handler('callback'), format: 'binary' },
  lines: { handler: handler('lines'), framing: lines() },
  'lines-callback': { handler: handler('callback'), framing: lines() },
  hash: { handler: handler('hash'), format: 'binary' },
  fault: { handler: handler('fault'), format: 'binary', threadMemoryLimit: HEAP_LIMIT },
  spin: { handler: handler('spin'), format: 'binary' },
};

const server = await listen({
  host: '127.0.0.1',
  port: Number(port),
  // What one read may return, as the other peers have it.
  size: 65_536,
  threads: threads === 'per-connection' ? threads : Number(threads),
  ...modes[mode],
});
console.log('listening', server.address?.port);
