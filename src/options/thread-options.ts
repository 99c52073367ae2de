// The threads, and what is done about those that crash or stand still.
import { availableParallelism } from 'node:os';
import * as v from 'valibot';
import { milliseconds, nonEmptyText, positiveOrInfinite, whole } from '../base/rules.ts';
import type { Balancer } from './balance-option.ts';
import { threadsForm } from './flag.ts';
import { option, required, type Entries } from './option.ts';
import type { ElasticThreads } from './public.ts';

const MAX_THREADS = 1024;
const DEFAULT_STALL_TIMEOUT = 5000;
const BALANCERS = ['least-connections', 'round-robin', 'source-address'] as const;

const threadsRule = `must be a whole number from 1 to ${MAX_THREADS}, { min, max, idleTimeout? } within it, or 'per-connection'`;
const threadCount = v.pipe(
  v.number(threadsRule),
  v.integer(threadsRule),
  v.minValue(1, threadsRule),
  v.maxValue(MAX_THREADS, threadsRule),
);
export const elasticEntries = {
  min: required(threadCount, { text: 'Fewest threads.' }),
  max: required(threadCount, { text: 'Most threads.' }),
  idleTimeout: option(milliseconds(1), {
    text: 'Time without a client after which a thread retires.',
    default: 60_000,
  }),
} satisfies Entries<ElasticThreads>;
const elasticThreads = v.pipe(
  v.strictObject(elasticEntries),
  v.check(({ min, max }) => min <= max, threadsRule),
);

export const threadEntries = {
  threads: option(v.union([v.literal('per-connection'), threadCount, elasticThreads], threadsRule), {
    text:
      'Number of threads. Or `{ min, max, idleTimeout }`: a pool that grows while every thread is busy and shrinks when ' +
      "threads have been idle. Or `'per-connection'`: a thread for each client.",
    default: () => availableParallelism(),
    defaultText: 'one for each available processor (`os.availableParallelism()`)',
    flag: threadsForm,
  }),
  maxThreads: option(whole(1, MAX_THREADS, 'threads'), {
    text: "Most threads at once with `threads` 'per-connection'; clients beyond them wait, unread.",
    default: 64,
  }),
  balance: option(
    v.union(
      [v.picklist(BALANCERS), v.custom<Balancer>((value) => typeof value === 'function')],
      `must be one of ${BALANCERS.join(', ')}, or a function`,
    ),
    {
      text:
        'Which thread a new connection goes to. `least-connections`: the one with the fewest; `round-robin`: each in ' +
        'turn; `source-address`: the same for the same address (IPv6: /64); a function of yours: the one it returns.',
      default: 'least-connections',
      flag: { placeholder: 'rule', forms: BALANCERS.join(', ') },
    },
  ),
  startTimeout: option(milliseconds(1), {
    text: 'Time that a thread may take to load its handler.',
    default: 30_000,
  }),
  threadMemoryLimit: option(whole(0, 2 ** 20, 'MiB'), {
    text: "Heap limit of each thread; 0 leaves V8's own.",
    default: 0,
  }),
  threadYoungMemoryLimit: option(whole(0, 2 ** 20, 'MiB'), {
    text:
      "Limit of the part of each thread's heap where V8 makes new objects; 0 leaves V8's own. With 4, thousands of " +
      'idle connections take a third less memory, but handlers that allocate much take more CPU time.',
    default: 0,
  }),
  maxCrashes: option(positiveOrInfinite('crashes'), {
    text: 'Crashes within `crashWindow` after which crashed threads are no longer replaced; Infinity for never.',
    default: 10,
  }),
  crashWindow: option(milliseconds(1), { text: 'Time after which a crash is forgotten.', default: 60_000 }),
  stallTimeout: option(milliseconds(), {
    text:
      "Time that a thread's event loop may stand still before the thread counts as stalled; 0 for ever. A stalled " +
      'thread gets no more clients and is replaced.',
    defaultText: `${DEFAULT_STALL_TIMEOUT} milliseconds; 0 with \`threads\` 'per-connection', whose handlers may block`,
  }),
  killStalledAfter: option(milliseconds(), {
    text: 'Time of standing still after which a stalled thread is terminated; 0 for never.',
    default: 30_000,
  }),
  blackBox: option(nonEmptyText(), {
    text: 'Directory for the records and CPU profiles of stalled threads, the newest 40 files.',
    defaultText: 'none',
    flag: { placeholder: 'directory' },
  }),
};

/** The one default that depends on another option. */
export function defaultStallTimeout(threads: unknown): number {
  return threads === 'per-connection' ? 0 : DEFAULT_STALL_TIMEOUT;
}
