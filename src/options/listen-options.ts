// The options of `listen()`, each in one entry.
import * as v from 'valibot';
import { isCloneable } from '../base/portable-error.ts';
import { check, millisecondsOrInfinite, nonEmptyText } from '../base/rules.ts';
import { addressEntries } from './address-options.ts';
import { admissionEntries } from './admission-options.ts';
import { serverCodecEntries } from './codec-options.ts';
import { limitEntries, limitsOf, type ConnectionLimits } from './connection-options.ts';
import { listForm } from './flag.ts';
import { ECHO_HANDLER, moduleUrl } from './module-url.ts';
import { option, type Entries } from './option.ts';
import type { ListenOptions } from './public.ts';
import { defaultStallTimeout, threadEntries } from './thread-options.ts';
import { ioUringEntries, serverTransportEntries } from './transport-options.ts';

export type { ListenOptions } from './public.ts';

const moduleRule = v.union([v.instance(URL), nonEmptyText()], 'must be a URL or the path of a module');

const handlerEntries = {
  handler: option(v.pipe(moduleRule, v.transform(moduleUrl('handler'))), {
    text: "The handler's module: a URL, or a path from the working directory.",
    default: () => ECHO_HANDLER,
    defaultText: 'the echo handler',
    flag: { placeholder: 'file' },
  }),
  data: option(v.pipe(v.unknown(), v.check(isCloneable, 'must be a value that structured clone can copy')), {
    text: 'Any value that structured clone can copy; handlers find it as `connection.thread.data`.',
    defaultText: 'undefined',
  }),
  threadEntry: option(v.pipe(moduleRule, v.transform(moduleUrl('threadEntry'))), {
    text: 'Where `multithread-server/thread` is in a server that was bundled: a URL, or a path from the working directory.',
    defaultText: 'where the package is installed',
    flag: { placeholder: 'file' },
  }),
};

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGBREAK'] as const;
const signalsRule = `must be an array of ${SIGNALS.join(', ')}`;
const ON_DRAIN = ['end', 'wait'] as const;

const closeEntries = {
  onDrain: option(v.picklist(ON_DRAIN, "must be 'end' or 'wait'"), {
    text: "What becomes of handlers that wait for a message when the server closes. `end`: their wait ends when they have had all that came; `wait`: they go on until `closeTimeout`. A `drain` callback decides by itself. Wins over the handler's `export const onDrain`.",
    defaultText: "the handler's, else `end`",
    flag: { placeholder: 'what', forms: ON_DRAIN.join(', ') },
  }),
  closeTimeout: option(millisecondsOrInfinite(), {
    text: 'Time that live connections get to end by themselves when the server closes or reloads; Infinity for no limit.',
    default: 10_000,
  }),
  closeOn: option(v.array(v.picklist(SIGNALS, signalsRule), signalsRule), {
    text:
      'Signals at which the server closes, so that the process can end; a second one ends the process at once. The first ' +
      'process of a container needs it, as no signal ends it otherwise.',
    default: () => [],
    defaultText: 'none; for the command SIGTERM and SIGINT',
    flag: { ...listForm, placeholder: 'signals' },
  }),
};

const GROUPS = {
  'Handler and messages': { ...handlerEntries, ...serverCodecEntries },
  'Where it listens': { ...addressEntries, ...serverTransportEntries, ...ioUringEntries },
  Threads: { ...threadEntries, ...closeEntries },
  'Who may come in': admissionEntries,
  'What bounds a connection': limitEntries,
};

export const listenEntries = {
  ...GROUPS['Handler and messages'],
  ...GROUPS['Where it listens'],
  ...GROUPS.Threads,
  ...GROUPS['Who may come in'],
  ...GROUPS['What bounds a connection'],
} satisfies Entries<ListenOptions>;

/** The heading under which `--help` and the documentation have an option. */
export function groupOf(name: string): string | undefined {
  return Object.entries(GROUPS).find(([, entries]) => Object.hasOwn(entries, name))?.[0];
}

const schema = v.strictObject(listenEntries, 'must be an object');

type Checked = v.InferOutput<typeof schema>;

/** The options with every default filled in; what bounds a connection stands together, too. */
export type ResolvedOptions = Omit<Checked, 'stallTimeout'> & {
  stallTimeout: number;
  limits: ConnectionLimits;
};

/**
 * Checks options and fills in defaults.
 * @throws OptionError naming the option, its value and the rule.
 */
export function parseOptions(options: ListenOptions): ResolvedOptions {
  return resolveOptions(check(schema, options));
}

/** Fills in what depends on several options. */
export function resolveOptions(checked: Checked): ResolvedOptions {
  const { stallTimeout = defaultStallTimeout(checked.threads) } = checked;
  return { ...checked, stallTimeout, limits: limitsOf(checked) };
}
