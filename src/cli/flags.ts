import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Option, type Command } from 'commander';
import { DISCONNECT_MSG, FORMAT, IP, PORT, SIZE } from '../echo/handler.ts';
import type { FormatName } from '../format/descriptor.ts';
import { parseFramingText } from '../framing/resolve.ts';
import { OptionError } from '../base/errors.ts';
import { parseOptions, type ListenOptions } from '../options/listen-options.ts';

/** Flags that are options of `listen()` as they are. */
type PlainFlags = Omit<ListenOptions, 'data' | 'format' | 'framing' | 'handler' | 'noDelay' | 'threads'>;

/** What commander makes of the command line; the options' own rules check the values. */
export interface ServeFlags extends PlainFlags {
  quiet: boolean;
  watch?: boolean;
  disconnectMessage: string;
  format?: string;
  framing?: string;
  handler?: string;
  threads?: number | string;
}

/** The same, checked. */
export interface ServeOptions {
  readonly listen: ListenOptions;
  readonly disconnectMessage: string;
  readonly quiet: boolean;
  /** The handler's file, when it is to be watched. */
  readonly watch: string | undefined;
}

const NUMBERS: readonly (readonly [flags: string, description: string, preset?: number])[] = [
  ['--port <number>', 'port; 0 lets the system choose', PORT],
  ['--size <bytes>', 'largest raw message, length of fixed-length ones', SIZE],
  ['--max-threads <number>', "most threads with '--threads per-connection'"],
  ['--max-connections <number>', 'most connections at once'],
  ['--max-connections-per-address <number>', 'most connections of one address (IPv6: of one /64)'],
  ['--idle-timeout <ms>', 'time without a byte until a connection ends'],
  ['--message-timeout <ms>', 'time that a message that has begun may take'],
  ['--write-timeout <ms>', 'time that a client may take nothing of what is due to it'],
  ['--max-lifetime <ms>', 'time that a connection may live'],
  ['--messages-per-second <number>', 'messages a client may send in a second'],
  ['--bytes-per-second <number>', 'bytes a client may send in a second'],
  ['--thread-memory-limit <MiB>', 'heap limit of each thread'],
  ['--thread-young-memory-limit <MiB>', 'the same for its part with new objects'],
  ['--stall-timeout <ms>', 'time that a thread may stand still until it is replaced'],
  ['--kill-stalled-after <ms>', 'time that a thread may stand still until it is terminated'],
  ['--close-timeout <ms>', 'time that live clients get when the server ends or reloads', 5000],
];

/** Adds the server's flags to a command. */
export function addServeFlags(command: Command): Command {
  command.addOption(new Option('--host <address>', 'address or name to listen on').default(IP));
  for (const [flags, description, preset] of NUMBERS) {
    const option = new Option(flags, description).argParser(number);
    command.addOption(preset === undefined ? option : option.default(preset));
  }
  return command
    .option(
      '--threads <number>',
      "number of threads, MIN-MAX, or 'per-connection' (default: one for each available processor)",
      number,
    )
    .option('--balance <rule>', 'least-connections, round-robin or source-address')
    .option('--allow <networks>', 'addresses and networks that may connect, with commas', list)
    .option('--deny <networks>', 'addresses and networks that may not connect, with commas', list)
    .option('--accept-rate <rate>', 'clients accepted in a second, as N or N/BURST', rate)
    .option('--accept-rate-per-address <rate>', 'the same for each address', rate)
    .option(
      '--framing <framing>',
      "raw, lines, delimiter:…, fixed-length:…, length-field:… (default: the handler's)",
    )
    .option('--format <format>', `how messages are written (default: the handler's, else ${FORMAT})`)
    .option(
      '--disconnect-message <text>',
      'message that ends a connection to the echo handler',
      DISCONNECT_MSG,
    )
    .option('--handler <file>', 'module with your handler instead of the echo handler')
    .option('--watch', "reload when a file beside or below the handler's changes")
    .option('--black-box <directory>', 'where records of stalled threads are written')
    .option('-q, --quiet', 'print errors only', false);
}

/**
 * Flags as options, checked before anything is started.
 * @throws OptionError naming the option, its value and the rule.
 */
export function checkFlags(flags: ServeFlags): ServeOptions {
  const { quiet, watch, disconnectMessage, format, framing, handler, threads, ...plain } = flags;
  if (disconnectMessage === '') {
    throw new OptionError('disconnectMessage', `must be a text that isn't empty, got ""`);
  }
  if (watch && handler === undefined) throw new OptionError('watch', 'needs a --handler to watch');
  const listen = {
    ...plain,
    ...(threads !== undefined && { threads: elastic(threads) as NonNullable<ListenOptions['threads']> }),
    ...(format !== undefined && { format: format as FormatName }),
    ...(framing !== undefined && { framing: parseFramingText(framing) }),
    ...(handler !== undefined && { handler: handlerUrl(handler) }),
  };
  parseOptions(listen);
  return { listen, disconnectMessage, quiet, watch: watch ? handler : undefined };
}

function handlerUrl(file: string): URL {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new OptionError('handler', `must be the path of a file, got ${JSON.stringify(file)}`);
  }
  return pathToFileURL(file);
}

/** What isn't a number stays text: the option's own rule refuses it. */
function number(value: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function elastic(threads: number | string): unknown {
  const [, min, max] = /^(\d+)-(\d+)$/.exec(String(threads)) ?? [];
  return min === undefined ? threads : { min: Number(min), max: Number(max) };
}

function list(value: string): string[] {
  return value.split(',').map((entry) => entry.trim());
}

function rate(value: string): unknown {
  const [perSecond = '', burst] = value.split('/');
  return { perSecond: number(perSecond), ...(burst !== undefined && { burst: number(burst) }) };
}
