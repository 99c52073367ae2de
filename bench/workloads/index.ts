import { churn } from './churn.ts';
import { cpuBound } from './cpu-bound.ts';
import { echoWorkloads } from './echo.ts';
import { faultWorkloads } from './faults.ts';
import { idle } from './idle.ts';
import { isolation } from './isolation.ts';
import { perConnection } from './per-connection.ts';
import { start } from './start.ts';
import type { Workload } from './workload.ts';

/** In the order of the report. */
export const workloads: readonly Workload[] = [
  ...echoWorkloads,
  churn,
  idle,
  start,
  isolation,
  ...faultWorkloads,
  cpuBound,
  perConnection,
];

/**
 * The workloads that are meant by names: their own, or their group's.
 * @throws Error for a name nothing has.
 */
export function chooseWorkloads(names: readonly string[]): readonly Workload[] {
  const known = new Set(workloads.flatMap(({ name, group }) => [name, group]));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new Error(`no workload is called ${unknown}; there are ${[...known].join(', ')}`);
  }
  if (names.length === 0) return workloads;
  return workloads.filter(({ name, group }) => names.includes(name) || names.includes(group));
}
