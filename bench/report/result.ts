import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../run/machine.ts';
import type { Outcome } from '../run/rounds.ts';
import { workloads } from '../workloads/index.ts';
import type { Settings, Workload } from '../workloads/workload.ts';

/** One workload's result, as it stands in its JSON file. */
export interface Result {
  readonly workload: string;
  readonly title: string;
  readonly date: string;
  readonly settings: Settings;
  readonly machine: Machine;
  readonly reference: string | undefined;
  readonly outcomes: readonly Outcome[];
  /** Rows that can't run here, with the reason. */
  readonly skipped: Readonly<Record<string, string>>;
}

export interface ReportEntry {
  readonly workload: Workload;
  readonly result: Result;
}

export function writeResult(directory: string, result: Result): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${result.workload}.json`);
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  return file;
}

/** The results there are, in the order of the report. */
export function readResults(directory: string): ReportEntry[] {
  return workloads.flatMap((workload) => {
    const file = join(directory, `${workload.name}.json`);
    if (!existsSync(file)) return [];
    return [{ workload, result: JSON.parse(readFileSync(file, 'utf8')) as Result }];
  });
}
