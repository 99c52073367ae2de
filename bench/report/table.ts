import type { Outcome } from '../run/rounds.ts';
import type { Column } from '../workloads/workload.ts';
import type { Spread } from '../run/statistics.ts';
import type { ReportEntry, Result } from './result.ts';

const ITSELF: Spread = { median: 1, min: 1, max: 1 };

/** A workload's rows, best first, as Markdown; figures are medians, ratios come with their spread. */
export function table({ workload, result }: ReportEntry): string {
  const { columns, key } = workload;
  const rows = byKey(result, key).map((outcome) => [
    outcome.name.startsWith('multithread-server') ? `**${outcome.title}**` : outcome.title,
    ...columns.map((column) => cell(result, outcome, column)),
  ]);
  return [
    `### ${result.title}`,
    '',
    line(['server', ...columns.map(({ title }) => title)]),
    line(['---', ...columns.map(() => '--:')]),
    ...rows.map(line),
    '',
    ...notes(result.outcomes, result.skipped),
  ].join('\n');
}

/** Best first; rows without the figure come last, but the reference has a ratio of 1. */
export function byKey(result: Result, key: Column): Outcome[] {
  const sign = key.more ? -1 : 1;
  const value = (outcome: Outcome) => sign * (spreadOf(result, outcome, key)?.median ?? sign * Infinity);
  return result.outcomes.toSorted((a, b) => value(a) - value(b));
}

export function spreadOf(result: Result, outcome: Outcome, { figure, ratio }: Column): Spread | undefined {
  if (!ratio) return outcome.figures[figure];
  const isReference = outcome.name === result.reference && outcome.runs > 0;
  return isReference ? ITSELF : outcome.ratios[figure];
}

export function format(value: number, digits = 0): string {
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: 'negative',
  });
}

function cell(result: Result, outcome: Outcome, column: Column): string {
  const spread = spreadOf(result, outcome, column);
  if (!spread) return '–';
  if (spread === ITSELF) return '1';
  const { median, min, max } = spread;
  const shown = format(median, column.digits);
  return column.ratio ? `${shown} (${format(min, column.digits)}–${format(max, column.digits)})` : shown;
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

function notes(outcomes: readonly Outcome[], skipped: Readonly<Record<string, string>>): string[] {
  const failed = outcomes
    .filter(({ failures }) => failures.length > 0)
    .map(({ title, failures }) => `- ${title}: ${failures.length} failed runs (${firstLine(failures[0]!)})`);
  const missing = Object.entries(skipped).map(
    ([title, reason]) => `- ${title}: skipped (${firstLine(reason)})`,
  );
  const all = [...failed, ...missing];
  return all.length > 0 ? [...all, ''] : [];
}

const firstLine = (text: string) => text.split('\n', 1)[0]!;
