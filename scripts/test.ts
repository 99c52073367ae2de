// Runs test files with node:test: most of them side by side, then those that need the machine for themselves.
import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, normalize, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { ioUringObstacle } from '../src/transport/io-uring/probe.ts';

const TEST_TIMEOUT_MS = 120_000;
/** Longer than a test can take: then only files are left whose process doesn't end though its tests have. */
const LONGEST_SILENCE_MS = TEST_TIMEOUT_MS + 30_000;
/** Many tests wait for others' work, or for time to pass: one more than there are cores keeps these busy. */
const SIDE_BY_SIDE = availableParallelism() + 1;
/** What knows nothing of a driver: once is enough. */
const DRIVERLESS = /^test[\\/](?:base|bench|format|framing|options|package)[\\/]/;
/** Each takes ten thousand ports, and all cores. */
const ALONE = new Set(['test/main/hand-off-races.test.ts', 'test/main/many-clients.test.ts'].map(normalize));

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { transport: { type: 'string' }, concurrency: { type: 'string' } },
});
const { transport } = options;
if (transport !== undefined && !/^(node|io-uring|both)$/.test(transport)) {
  throw new Error(`--transport must be node, io-uring or both, got ${JSON.stringify(transport)}`);
}
// Most of the time of a test that starts commands or threads is Node's, which strips and compiles the same files.
process.env['NODE_COMPILE_CACHE'] ??= resolve('node_modules/.cache/node-compile-cache');
const files = findFiles(positionals.length > 0 ? positionals : ['test']);
Readable.from(testEvents()).pipe(new spec()).pipe(process.stdout);

function findFiles(patterns: readonly string[]): string[] {
  const found = patterns.flatMap((pattern) => {
    const isFolder = statSync(pattern, { throwIfNoEntry: false })?.isDirectory();
    const matches = globSync(isFolder ? join(pattern, '**/*.test.ts') : pattern);
    if (matches.length === 0) throw new Error(`no test file is called ${pattern}`);
    return matches;
  });
  return [...new Set(found.map(normalize))].toSorted();
}

/** The events of all files, with one summary. */
async function* testEvents(): AsyncGenerator<TestEvent> {
  const totals = new Map<string, number>();
  for await (const event of runGroups()) {
    if (event.type === 'test:summary') {
      if (!event.data.success) process.exitCode = 1;
    } else if (event.type === 'test:diagnostic' && event.data.file === undefined) {
      const [name, count] = event.data.message.split(' ') as [string, string];
      totals.set(name, (totals.get(name) ?? 0) + Number(count));
    } else {
      yield event;
    }
  }
  for (const [name, total] of totals) {
    yield { type: 'test:diagnostic', data: { nesting: 0, message: `${name} ${total}`, level: 'info' } };
  }
}

/** On Node's sockets, the default; with `--transport io-uring` on io_uring, with `--transport both` on either in turn. */
async function* runGroups(): AsyncGenerator<TestEvent> {
  if (transport !== 'io-uring') yield* runOn('node', files);
  if (transport === undefined || transport === 'node') return;
  const concerned = transport === 'both' ? files.filter((file) => !DRIVERLESS.test(file)) : files;
  if (concerned.length === 0) return;
  const obstacle = await ioUringObstacle();
  if (obstacle === undefined) yield* runOn('io-uring', concerned);
  else yield* skipped(`the tests on io_uring`, obstacle);
}

async function* runOn(driver: string, chosen: readonly string[]): AsyncGenerator<TestEvent> {
  // The library takes its default from it, in each process and thread that a test starts, as they inherit it.
  process.env['MULTITHREAD_SERVER_TRANSPORT'] = driver;
  const groups = [
    {
      files: chosen.filter((file) => !ALONE.has(file)),
      concurrency: Number(options.concurrency ?? SIDE_BY_SIDE),
    },
    { files: chosen.filter((file) => ALONE.has(file)), concurrency: 1 },
  ];
  for (const group of groups) {
    if (group.files.length > 0) yield* runGroup(group);
  }
}

/** One test that says why others aren't run. */
async function* skipped(name: string, why: string): AsyncGenerator<TestEvent> {
  const itself = [
    `import { test } from 'node:test';`,
    `test(${JSON.stringify(name)}, { skip: ${JSON.stringify(why)} });`,
  ];
  const folder = mkdtempSync(join(tmpdir(), 'multithread-server-'));
  try {
    const file = join(folder, 'skipped.test.mjs');
    writeFileSync(file, itself.join('\n'));
    yield* runGroup({ files: [file], concurrency: 1 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function* runGroup(group: { files: string[]; concurrency: number }): AsyncGenerator<TestEvent> {
  const stuck = new AbortController();
  const silence = setTimeout(() => {
    stuck.abort(new Error('the process of this file does not end, though its tests have'));
  }, LONGEST_SILENCE_MS);
  for await (const event of run({ ...group, timeout: TEST_TIMEOUT_MS, signal: stuck.signal })) {
    silence.refresh();
    yield event;
  }
  clearTimeout(silence);
}
