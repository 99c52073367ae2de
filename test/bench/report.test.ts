import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chart } from '../../bench/report/chart.ts';
import { replaceBetween } from '../../bench/report/report.ts';
import type { ReportEntry, Result } from '../../bench/report/result.ts';
import { table } from '../../bench/report/table.ts';
import type { Outcome } from '../../bench/run/rounds.ts';
import { chooseWorkloads, workloads } from '../../bench/workloads/index.ts';

const even = (value: number) => ({ median: value, min: value, max: value });

function outcome(name: string, title: string, cpu: number, ratio?: number): Outcome {
  const ratios = ratio === undefined ? {} : { cpu: { median: ratio, min: 1.25, max: 1.75 } };
  return { name, title, runs: 3, figures: { cpu: even(cpu) }, ratios, failures: [] };
}

function entry(outcomes: readonly Outcome[], skipped: Record<string, string> = {}): ReportEntry {
  const workload = workloads.find(({ name }) => name === 'echo-100x1x64')!;
  const result = { title: 'Echo', reference: 'c-epoll', outcomes, skipped } as unknown as Result;
  return { workload, result };
}

const three = entry([
  outcome('node-net', 'Node `net`', 9, 1.6),
  outcome('c-epoll', 'C epoll', 6),
  outcome('go', 'Go <1>', 7.5, 1.5),
]);

test('the table is sorted by ratio, with the reference at 1', () => {
  const rows = table(three)
    .split('\n')
    .filter((line) => /^\| [CGN]/.test(line));
  assert.deepEqual(
    rows.map((line) => line.split(' | ').slice(0, 3)),
    [
      ['| C epoll', '6.00', '1'],
      ['| Go <1>', '7.50', '1.50 (1.25–1.75)'],
      ['| Node `net`', '9.00', '1.60 (1.25–1.75)'],
    ],
  );
});

test('what failed or was skipped stands below the table, with the reason', () => {
  const broken = { ...outcome('go', 'Go', 1), runs: 0, figures: {}, failures: ['no port\nat …', 'no port'] };
  const text = table(entry([broken], { Deno: 'deno is missing' }));
  assert.match(text, /^\| Go \|( – \|)+$/m);
  assert.match(text, /^- Go: 2 failed runs \(no port\)$/m);
  assert.match(text, /^- Deno: skipped \(deno is missing\)$/m);
});

test('a chart has a bar for each row and escapes titles', () => {
  const svg = chart('CPU', [three]);
  assert.equal(svg.match(/<rect/g)?.length, 3);
  assert.match(svg, /Go &lt;1>/);
  assert.match(svg, /prefers-color-scheme: dark/);
});

test('results replace only what stands between the markers', () => {
  const text = 'a\n<!-- results -->\nold\n<!-- /results -->\nb\n';
  assert.equal(replaceBetween(text, 'new\n'), 'a\n<!-- results -->\n\nnew\n\n<!-- /results -->\nb\n');
  assert.throws(() => replaceBetween('no markers', 'new'), /README has no/);
});

test('workloads are chosen by name or group', () => {
  assert.equal(chooseWorkloads([]).length, workloads.length);
  assert.equal(chooseWorkloads(['echo']).length, 4);
  assert.deepEqual(
    chooseWorkloads(['idle', 'echo-1000x1x64']).map(({ name }) => name),
    ['echo-1000x1x64', 'idle'],
  );
  assert.throws(() => chooseWorkloads(['ehco']), /no workload is called ehco; there are .*echo/);
});
