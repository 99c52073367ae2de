import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { createFormat } from '../format/format.ts';
import { createFraming } from '../framing/resolve.ts';
import { codecEntries, limitEntries, splitLimits } from './connection-options.ts';
import { isCloneable } from './portable-error.ts';
import { checkOptions, milliseconds, nonEmptyText, positiveOrInfinite, whole } from './option-rules.ts';
import type { ConnectionLimits } from './protocol.ts';

const MAX_THREADS = 1024;
const THREADS_RULE = `must be a whole number from 1 to ${MAX_THREADS}, or 'per-connection'`;

const schema = v.strictObject({
  /** The handler's module: a URL, or a path from the working directory. Default: the echo handler. */
  handler: v.optional(
    v.union([v.instance(URL), nonEmptyText()], 'must be a URL or the path of a module'),
    () => new URL(`../echo${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
  ),
  /** TCP port; 0 lets the system choose one. Default 0. */
  port: v.optional(whole(0, 65_535), 0),
  /** Address or name to listen on. `localhost` is 127.0.0.1 and, where the machine has it, ::1. Default `localhost`. */
  host: v.optional(nonEmptyText(), 'localhost'),
  ...codecEntries,
  /** Number of threads, or `'per-connection'`. Default: `os.availableParallelism()`. */
  threads: v.optional(
    v.union(
      [
        v.literal('per-connection'),
        v.pipe(
          v.number(),
          v.integer(THREADS_RULE),
          v.minValue(1, THREADS_RULE),
          v.maxValue(MAX_THREADS, THREADS_RULE),
        ),
      ],
      THREADS_RULE,
    ),
    () => availableParallelism(),
  ),
  /** With `threads: 'per-connection'`: most threads at once; clients beyond them wait, unread. Default 64. */
  maxThreads: v.optional(whole(1, MAX_THREADS, 'threads'), 64),
  /** Most connections at once, waiting ones included; clients beyond are reset. Default 65,536. */
  maxConnections: v.optional(whole(1, 2 ** 24, 'connections'), 65_536),
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
  /** Crashes within `crashWindow` after which crashed threads are no longer replaced; Infinity for never. Default 10. */
  maxCrashes: v.optional(positiveOrInfinite('crashes'), 10),
  /** Milliseconds after which a crash is forgotten. Default 60,000. */
  crashWindow: v.optional(milliseconds(1), 60_000),
  /** Milliseconds that `close()` gives live connections to end by themselves. Default 10,000. */
  closeTimeout: v.optional(milliseconds(), 10_000),
  ...limitEntries,
});

/** Options of `listen()`. */
export type ListenOptions = v.InferInput<typeof schema>;

/** The options with every default filled in; `handler` is a URL, what bounds a connection stands together. */
export type ResolvedOptions = Omit<v.InferOutput<typeof schema>, 'handler' | keyof ConnectionLimits> & {
  handler: string;
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
  return { ...rest, handler: handlerUrl(handler), limits };
}

function handlerUrl(handler: URL | string): string {
  if (handler instanceof URL) return handler.href;
  return /^(file|data|node):/.test(handler) ? handler : pathToFileURL(resolve(handler)).href;
}
