import { readdirSync, readFileSync } from 'node:fs';

/** A process and all its descendants. */
export function processTree(root: number): number[] {
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const tree = [root];
  // Grows while it is walked.
  for (const pid of tree) tree.push(...(children.get(pid) ?? []).map((child) => child.pid));
  return tree;
}

/** Memory of processes in KiB, each page shared between them counted once. */
export function proportionalMemory(pids: readonly number[]): number {
  return sum(pids, (pid) => field(pid, 'smaps_rollup', 'Pss'));
}

export function residentMemory(pids: readonly number[]): number {
  return sum(pids, (pid) => field(pid, 'status', 'VmRSS'));
}

/** The most that each process ever had resident, added, in KiB. */
export function peakMemory(pids: readonly number[]): number {
  return sum(pids, (pid) => field(pid, 'status', 'VmHWM'));
}

export function openFiles(pids: readonly number[]): number {
  return sum(pids, (pid) => readdirSync(`/proc/${pid}/fd`).length);
}

function allProcesses(): { pid: number; parent: number }[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      // The name before it may hold spaces and parentheses.
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [{ pid: Number(entry), parent: Number(parent) }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

function field(pid: number, file: string, name: string): number {
  const text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
  const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`/proc/${pid}/${file} has no ${name}`);
  return Number(value);
}

function sum(pids: readonly number[], value: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + value(pid), 0);
}
