/** `npm run bench -- [workload…] [options]`; `--help` lists both. */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { drawCharts, updateReadme, writeTables } from './report/report.ts';
import { writeResult, type Result } from './report/result.ts';
import { describeMachine } from './run/machine.ts';
import { compilePackage } from './run/package.ts';
import { bench, build } from './run/paths.ts';
import { peers, skipReason, type Variant } from './run/peers.ts';
import { runRounds, type Figures } from './run/rounds.ts';
import { chooseWorkloads, workloads } from './workloads/index.ts';
import type { Settings, Workload } from './workloads/workload.ts';

const HELP = `Usage: npm run bench -- [workload…] [options]

Workloads (all by default), by name or group:
${[...Map.groupBy(workloads, ({ group }) => group)]
  .map(([group, members]) => `  ${group.padEnd(10)} ${members.map(({ name }) => name).join(' ')}`)
  .join('\n')}

Options:
  --peers a,b      only these: ${peers.map(({ name }) => name).join(', ')}
  --rounds N       how often each peer runs (5)
  --seconds S      measured time of a run (3)
  --warm-up S      time before it (2): a runtime compiles what is hot
  --out DIRECTORY  for the results (bench/results); any other leaves bench/README.md alone
  --report         measure nothing, write tables and charts anew
`;

const ownResults = join(bench, 'results');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '2' },
    out: { type: 'string', default: ownResults },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const wanted = values.peers?.split(',');
const known = new Set(workloads.flatMap(({ variants }) => variants.flatMap(namesOf)));

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const out = resolve(values.out);
  if (!values.report) await measureAll(out);
  drawCharts(out);
  if (out === ownResults) updateReadme(out);
  else writeTables(out);
}

async function measureAll(out: string): Promise<void> {
  const settings = {
    rounds: number('rounds', 1),
    seconds: number('seconds', 0.1),
    warmUp: number('warm-up', 0),
  };
  const chosen = chooseWorkloads(positionals);
  const stray = wanted?.find((name) => !known.has(name));
  if (stray !== undefined) throw new Error(`no peer is called ${stray}; there are ${[...known].join(', ')}`);
  if (!existsSync(join(build, 'load')))
    throw new Error('there is no load generator yet: npm run bench:setup');
  compilePackage();
  for (const workload of chosen) {
    const file = writeResult(out, await measure(workload, settings));
    console.log(`→ ${relative(process.cwd(), file)}`);
  }
}

async function measure(workload: Workload, settings: Settings): Promise<Result> {
  const { name, title, variants, reference } = workload;
  const machine = describeMachine();
  const skipped: Record<string, string> = {};
  const rows = variants.filter((row) => {
    if (wanted && !namesOf(row).some((called) => wanted.includes(called))) return false;
    const reason = skipReason(row.peer);
    if (reason !== undefined) skipped[row.title] = reason;
    return reason === undefined;
  });
  console.log(`${title}\n  load average ${machine.loadAverage}`);
  for (const [row, reason] of Object.entries(skipped)) console.log(`  skipped: ${row}: ${reason}`);
  const outcomes = await runRounds({
    rows,
    reference,
    rounds: settings.rounds,
    run: (row) => workload.run(row, settings),
    progress: (round, row, figures, failure) =>
      console.log(`  ${round}/${settings.rounds} ${row.name.padEnd(28)} ${failure ?? summary(figures!)}`),
  });
  const date = new Date().toISOString();
  return { workload: name, title, date, settings, machine, reference: reference?.name, outcomes, skipped };
}

/** What a row may be called on the command line. */
function namesOf({ name, peer }: Variant): string[] {
  return [name, peer.name];
}

function summary(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`)
    .join('  ');
}

function number(name: 'rounds' | 'seconds' | 'warm-up', min: number): number {
  const value = Number(values[name]);
  if (!(value >= min)) throw new Error(`--${name} must be a number from ${min}`);
  return value;
}
