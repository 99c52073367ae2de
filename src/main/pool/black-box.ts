/** Looks into a thread that hangs, from outside. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionInfo } from '../ledger.ts';
import type { ThreadHandle } from './thread-handle.ts';

/** What is known of a thread that hangs. What Node couldn't tell in time is undefined. */
export interface BlackBox {
  /** The thread. */
  readonly threadId: number;
  /** When it was looked into, in milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds since its event loop last turned. */
  readonly silentFor: number;
  /** Share of time its event loop was busy since the thread started, from 0 to 1. */
  readonly utilization: number;
  /** CPU time it has used, in milliseconds. */
  readonly cpuTime: { readonly user: number; readonly system: number } | undefined;
  /** Its heap, and V8's limit for it, in bytes. */
  readonly heapBytes: { readonly used: number; readonly limit: number } | undefined;
  /** Those that it serves. */
  readonly connections: readonly ConnectionInfo[];
  /** The function it hangs in, outermost caller last, each as `name (url:line)`. */
  readonly stack: readonly string[] | undefined;
}

const PROFILE_MS = 200;
const ANSWER_MS = 5000;
const MAX_FILES = 40;

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples?: readonly number[];
}

/**
 * Looks into a thread from outside, in about 200 ms; the thread needn't cooperate.
 * @param directory where the record and the CPU profile are written, too; undefined for nowhere.
 */
export async function recordBlackBox(
  thread: ThreadHandle,
  silentFor: number,
  connections: readonly ConnectionInfo[],
  directory: string | undefined,
): Promise<BlackBox> {
  const [cpuTime, heapBytes, profile] = await Promise.all([
    inTime(thread.cpuTime()),
    inTime(thread.heapBytes()),
    inTime(cpuProfile(thread)),
  ]);
  const record: BlackBox = {
    threadId: thread.id,
    at: Date.now(),
    silentFor,
    utilization: thread.totalUtilization,
    cpuTime,
    heapBytes,
    connections,
    stack: profile === undefined ? undefined : hottestStack(JSON.parse(profile) as Profile),
  };
  if (directory !== undefined) await write(directory, record, profile);
  return record;
}

async function cpuProfile(thread: ThreadHandle): Promise<string> {
  const profile = await thread.startCpuProfile();
  await sleep(PROFILE_MS);
  return profile.stop();
}

/** Undefined when the answer fails or doesn't come: the thread may end meanwhile. */
async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const tooLate = sleep(ANSWER_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    return await Promise.race([answer, tooLate]);
  } catch {
    return undefined;
  } finally {
    stop.abort();
  }
}

/** The call stack in which most samples were taken, innermost first. */
function hottestStack({ nodes, samples = [] }: Profile): string[] {
  const counts = new Map<number, number>();
  for (const id of samples) counts.set(id, (counts.get(id) ?? 0) + 1);
  const [hottest] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  const parents = new Map(
    nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
  );
  const stack: string[] = [];
  let node = nodes.find(({ id }) => id === hottest);
  while (node && node.callFrame.functionName !== '(root)') {
    const { functionName, url, lineNumber } = node.callFrame;
    stack.push(`${functionName || '(anonymous)'}${url && ` (${url}:${lineNumber + 1})`}`);
    node = parents.get(node.id);
  }
  return stack;
}

async function write(directory: string, record: BlackBox, profile: string | undefined): Promise<void> {
  await mkdir(directory, { recursive: true });
  const name = `stall-${new Date(record.at).toISOString().replaceAll(':', '-')}-thread-${record.threadId}`;
  await writeFile(join(directory, `${name}.json`), JSON.stringify(record, null, 2));
  if (profile !== undefined) await writeFile(join(directory, `${name}.cpuprofile`), profile);
  // Nothing is unbounded, and a server may stall every day.
  const records = (await readdir(directory)).filter((file) => file.startsWith('stall-')).toSorted();
  await Promise.all(records.slice(0, -MAX_FILES).map((file) => rm(join(directory, file), { force: true })));
}
