import { availableParallelism } from 'node:os';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { createFormat } from '../format/resolve.ts';
import { createFraming } from '../framing/resolve.ts';
import type { Balancer } from './balance-option.ts';
import { codecEntries, limitEntries, splitLimits } from './connection-options.ts';
import { toBlockList } from '../base/networks.ts';
import {
  checkOptions,
  milliseconds,
  millisecondsOrInfinite,
  nonEmptyText,
  positiveOrInfinite,
  whole,
} from '../base/rules.ts';
import { isCloneable } from '../base/portable-error.ts';
import type { ConnectionLimits } from './connection-options.ts';

const MAX_THREADS = 1024;
const DEFAULT_STALL_TIMEOUT = 5000;

const threadsRule = `must be a whole number from 1 to ${MAX_THREADS}, { min, max, idleTimeout? } within it, or 'per-connection'`;
const threadCount = v.pipe(
  v.number(threadsRule),
  v.integer(threadsRule),
  v.minValue(1, threadsRule),
  v.maxValue(MAX_THREADS, threadsRule),
);
const elasticThreads = v.pipe(
  v.strictObject({
    min: threadCount,
    max: threadCount,
    idleTimeout: v.optional(milliseconds(1), 60_000),
  }),
  v.check(({ min, max }) => min <= max, threadsRule),
);

const networksRule = 'must be an array of addresses and networks (10.0.0.0/8, 2001:db8::/32)';
const networks = v.pipe(v.array(v.string(networksRule), networksRule), v.check(areNetworks, networksRule));

const rateRule = 'must be { perSecond, burst? }: numbers above 0, burst at least 1';
const rate = v.strictObject(
  {
    perSecond: v.pipe(v.number(rateRule), v.gtValue(0, rateRule), v.finite(rateRule)),
    burst: v.optional(v.pipe(v.number(rateRule), v.minValue(1, rateRule), v.finite(rateRule))),
  },
  rateRule,
);

const BALANCERS = ['least-connections', 'round-robin', 'source-address'] as const;

const schema = v.strictObject({
  /** The handler's module: a URL, or a path from the working directory. Default: the echo handler. */
  handler: v.optional(
    v.union([v.instance(URL), nonEmptyText()], 'must be a URL or the path of a module'),
    () => new URL(`../echo/handler${extname(import.meta.url)}`, import.meta.url),
  ),
  /** TCP port; 0 lets the system choose one. Default 0. */
  port: v.optional(whole(0, 65_535), 0),
  /** Address or name to listen on. `localhost` is 127.0.0.1 and, where the machine has it, ::1. Default `localhost`. */
  host: v.optional(nonEmptyText(), 'localhost'),
  ...codecEntries,
  /**
   * Number of threads; `{ min, max, idleTimeout }` for a pool that grows while every thread is busy and shrinks when
   * threads have been idle for `idleTimeout` milliseconds (default 60,000); or `'per-connection'`. Default:
   * `os.availableParallelism()`.
   */
  threads: v.optional(v.union([v.literal('per-connection'), threadCount, elasticThreads], threadsRule), () =>
    availableParallelism(),
  ),
  /** With `threads: 'per-connection'`: most threads at once; clients beyond them wait, unread. Default 64. */
  maxThreads: v.optional(whole(1, MAX_THREADS, 'threads'), 64),
  /**
   * Which thread a new connection goes to: the one with the fewest connections, each in turn, the same for the same
   * address (IPv6: /64), or a function of yours `(threads, peer) => thread`. Default `'least-connections'`.
   */
  balance: v.optional(
    v.union(
      [v.picklist(BALANCERS), v.custom<Balancer>((value) => typeof value === 'function')],
      `must be one of ${BALANCERS.join(', ')}, or a function`,
    ),
    'least-connections',
  ),
  /** Most connections at once, waiting ones included; clients beyond are reset. Default 65,536. */
  maxConnections: v.optional(whole(1, 2 ** 24, 'connections'), 65_536),
  /** Most connections of one address (IPv6: of one /64). Default Infinity. */
  maxConnectionsPerAddress: v.optional(positiveOrInfinite('connections'), Infinity),
  /** Addresses and networks (CIDR) that may connect. Default: all. */
  allow: v.optional(networks),
  /** Addresses and networks (CIDR) that may not connect; wins over `allow`. Default: none. */
  deny: v.optional(networks, []),
  /** Most clients accepted in a second, `{ perSecond, burst }`; those beyond are reset. Default: no bound. */
  acceptRate: v.optional(rate),
  /** The same for each address (IPv6: each /64). Default: no bound. */
  acceptRatePerAddress: v.optional(rate),
  /** File descriptors that clients must leave to the rest of the process. Linux only. Default 64. */
  reservedDescriptors: v.optional(whole(0, 2 ** 24, 'descriptors'), 64),
  /** Connections the kernel may hold before they are accepted. Default 4096. */
  backlog: v.optional(whole(1, 65_535, 'connections'), 4096),
  /** Send small writes at once (TCP_NODELAY). Default true. */
  noDelay: v.optional(v.boolean('must be true or false'), true),
  /** Probe silent connections with TCP keep-alive after this many milliseconds; 0 for never. Default 60,000. */
  keepAlive: v.optional(milliseconds(), 60_000),
  /** Any value that structured clone can copy; handlers find it as `connection.thread.data`. */
  data: v.optional(
    v.pipe(v.unknown(), v.check(isCloneable, 'must be a value that structured clone can copy')),
  ),
  /** Milliseconds a thread may take to load its handler. Default 30,000. */
  startTimeout: v.optional(milliseconds(1), 30_000),
  /** Heap limit of each thread in MiB; 0 leaves V8's own. Default 0. */
  threadMemoryLimit: v.optional(whole(0, 2 ** 20, 'MiB'), 0),
  /**
   * Limit of the part of that heap where V8 makes new objects (its young generation), in MiB; 0 leaves V8's own. With 4,
   * thousands of idle connections take a third less memory, but handlers that allocate much take more CPU time. Default 0.
   */
  threadYoungMemoryLimit: v.optional(whole(0, 2 ** 20, 'MiB'), 0),
  /** Crashes within `crashWindow` after which crashed threads are no longer replaced; Infinity for never. Default 10. */
  maxCrashes: v.optional(positiveOrInfinite('crashes'), 10),
  /** Milliseconds after which a crash is forgotten. Default 60,000. */
  crashWindow: v.optional(milliseconds(1), 60_000),
  /**
   * Milliseconds a thread's event loop may stand still before the thread counts as stalled: it gets no more clients and
   * is replaced; 0 for ever. Default 5000; 0 with `threads: 'per-connection'`, whose handlers may block.
   */
  stallTimeout: v.optional(milliseconds()),
  /** Milliseconds of standing still after which a stalled thread is terminated; 0 for never. Default 30,000. */
  killStalledAfter: v.optional(milliseconds(), 30_000),
  /** Directory for the records and CPU profiles of stalled threads, the newest 40 files. Default: none. */
  blackBox: v.optional(nonEmptyText()),
  /** Milliseconds that `close()` gives live connections to end by themselves; Infinity for no limit. Default 10,000. */
  closeTimeout: v.optional(millisecondsOrInfinite(), 10_000),
  ...limitEntries,
});

/** Options of `listen()`. */
export type ListenOptions = v.InferInput<typeof schema>;

/** The options with every default filled in; `handler` is a URL, what bounds a connection stands together. */
export type ResolvedOptions = Omit<
  v.InferOutput<typeof schema>,
  'handler' | 'stallTimeout' | keyof ConnectionLimits
> & {
  handler: string;
  stallTimeout: number;
  limits: ConnectionLimits;
};

/**
 * Checks options and fills in defaults.
 * @throws OptionError naming the option, its value and the rule.
 */
export function parseOptions(options: ListenOptions): ResolvedOptions {
  const [limits, { handler, ...rest }] = splitLimits(checkOptions(schema, options));
  if (rest.framing) createFraming(rest.framing, limits.size);
  if (rest.format) createFormat(rest.format);
  const { stallTimeout = rest.threads === 'per-connection' ? 0 : DEFAULT_STALL_TIMEOUT } = rest;
  return { ...rest, handler: handlerUrl(handler), stallTimeout, limits };
}

function handlerUrl(handler: URL | string): string {
  if (handler instanceof URL) return handler.href;
  return /^(file|data|node):/.test(handler) ? handler : pathToFileURL(resolve(handler)).href;
}

function areNetworks(list: string[]): boolean {
  try {
    toBlockList(list);
    return true;
  } catch {
    return false;
  }
}
