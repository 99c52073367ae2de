import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench, root } from '../run/paths.ts';
import { chart } from './chart.ts';
import { readResults, type ReportEntry, type Result } from './result.ts';
import { table } from './table.ts';

const readme = join(bench, 'README.md');
const BEGIN = '<!-- results -->';
const END = '<!-- /results -->';

/** The charts, and whose workloads each shows. */
const charts: Record<string, { title: string; groups: readonly string[] }> = {
  echo: { title: 'CPU per message', groups: ['echo', 'lines'] },
  churn: { title: 'CPU per connection', groups: ['churn'] },
  idle: { title: 'Memory of idle connections', groups: ['idle'] },
  start: { title: 'Start to first echo', groups: ['start'] },
  threads: { title: 'What threads give', groups: ['isolation', 'cpu', 'threads'] },
};

/** Draws the charts next to the results. */
export function drawCharts(directory: string): void {
  const entries = readResults(directory);
  for (const [name, { title, groups }] of Object.entries(charts)) {
    const shown = entries.filter(({ workload }) => groups.includes(workload.group));
    if (shown.length > 0) writeFileSync(join(directory, `${name}.svg`), chart(title, shown));
  }
}

/** The tables as a file of their own, next to results that aren't the suite's. */
export function writeTables(directory: string): void {
  writeFileSync(join(directory, 'tables.md'), markdown(readResults(directory)));
}

/** Puts the tables of the suite's own results between the markers of README. */
export function updateReadme(directory: string): void {
  const text = readFileSync(readme, 'utf8');
  const drawn = Object.keys(charts).filter((name) => existsSync(join(directory, `${name}.svg`)));
  const pictures = drawn.map((name) => `![${charts[name]!.title}](results/${name}.svg)`);
  const content = [...pictures, markdown(readResults(directory))].join('\n\n');
  writeFileSync(readme, replaceBetween(text, content));
  // Its tables must pass the repository's format check.
  execFileSync(join(root, 'node_modules/.bin/oxfmt'), [readme]);
}

/** @throws Error when the markers aren't there. */
export function replaceBetween(text: string, content: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README has no ${BEGIN} … ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${content.trim()}\n\n${text.slice(end)}`;
}

function markdown(entries: readonly ReportEntry[]): string {
  const tables = entries.map((entry) => `${table(entry)}\n${origin(entry.result)}\n`);
  return [...tables, versions(entries)].join('\n');
}

function origin({ date, settings, machine }: Result): string {
  const { cpu, cores, memoryGiB, system, kernel, commit, loadAverage } = machine;
  const { rounds, seconds } = settings;
  const how = `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${seconds} s, load average before ${loadAverage}`;
  const where = `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Linux ${kernel}`;
  return `<sub>${date.slice(0, 10)}, commit ${commit}; ${how}; ${where}.</sub>`;
}

/** Of all results; where two were measured with different versions, both stand there. */
function versions(entries: readonly ReportEntry[]): string {
  const pairs = entries.flatMap(({ result }) => Object.entries(result.machine.versions));
  const all = new Set(pairs.map(([name, version]) => `${name} ${version}`));
  return `Versions: ${[...all].toSorted().join(', ')}.\n`;
}
