import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Option, type Command } from 'commander';
import { DISCONNECT_MSG, FORMAT, IP, main, PORT, SIZE } from '../echo.ts';
import { parseFramingText } from '../framing/resolve.ts';
import type { FormatName } from '../format/format.ts';
import { listen, type MultiThreadServer } from '../main/server.ts';
import { HandlerLoadError, OptionError } from '../shared/errors.ts';
import { parseOptions, type ListenOptions } from '../shared/options.ts';
import { exitWith, printError } from './exit.ts';
import { closeOnSignals } from './signals.ts';

interface ServeFlags extends Pick<
  ListenOptions,
  'host' | 'port' | 'size' | 'threads' | 'maxConnections' | 'closeTimeout'
> {
  quiet: boolean;
  disconnectMessage: string;
  format?: string;
  framing?: string;
  handler?: string;
}

/** Adds the server as the program's own action. */
export function addServe(program: Command): void {
  program
    .addOption(new Option('--host <address>', 'address or name to listen on').default(IP))
    .addOption(
      new Option('--port <number>', 'port; 0 lets the system choose').default(PORT).argParser(number),
    )
    .addOption(
      new Option('--size <bytes>', 'largest raw message, length of fixed-length ones')
        .default(SIZE)
        .argParser(number),
    )
    .addOption(
      new Option(
        '--framing <framing>',
        "raw, lines, delimiter:…, fixed-length:…, length-field:… (default: the handler's)",
      ),
    )
    .addOption(
      new Option('--format <format>', `how messages are written (default: the handler's, else ${FORMAT})`),
    )
    .addOption(
      new Option('--disconnect-message <text>', 'message that ends a connection to the echo handler').default(
        DISCONNECT_MSG,
      ),
    )
    .addOption(
      new Option(
        '--threads <number>',
        "number of threads, or 'per-connection' (default: one for each available processor)",
      ).argParser(number),
    )
    .addOption(new Option('--max-connections <number>', 'most connections at once').argParser(number))
    .addOption(new Option('--handler <file>', 'module with your handler instead of the echo handler'))
    .addOption(
      new Option('--close-timeout <ms>', 'time that live clients get when the server is told to end')
        .default(5000)
        .argParser(number),
    )
    .option('-q, --quiet', 'print errors only', false)
    .action(serve);
}

async function serve({ quiet, ...flags }: ServeFlags): Promise<void> {
  const { disconnectMessage, ...options } = checkFlags(flags);
  outliveOutput();
  let server: MultiThreadServer | undefined;
  // Before the start, which may take a while; until it is done there is nothing to close.
  closeOnSignals(async () => server?.close(), exitWith);
  try {
    server = quiet
      ? await listen({ ...options, data: { disconnectMessage } })
      : await main({ ...options, disconnectMessage });
  } catch (error) {
    throw options.handler === undefined ? startError(error) : error;
  }
  server.on('error', (error) => printError(error.message));
  server.on('handler-error', ({ id, threadId, error }) =>
    printError(`handler of connection ${id} in thread ${threadId}: ${text(error)}`),
  );
  server.on('thread-exit', ({ threadId, reason, error }) => {
    if (reason === 'retired' || reason === 'terminated') return;
    printError(`thread ${threadId} ended: ${reason}${error === undefined ? '' : `: ${text(error)}`}`);
  });
}

/**
 * Flags as options, checked before anything is started.
 * @throws OptionError naming the option, its value and the rule.
 */
function checkFlags({
  disconnectMessage,
  format,
  framing,
  handler,
  ...flags
}: Omit<ServeFlags, 'quiet'>): ListenOptions & { disconnectMessage: string } {
  if (disconnectMessage === '') {
    throw new OptionError('disconnectMessage', `must be a text that isn't empty, got ""`);
  }
  const options: ListenOptions = {
    ...flags,
    ...(format !== undefined && { format: format as FormatName }),
    ...(framing !== undefined && { framing: parseFramingText(framing) }),
    ...(handler !== undefined && { handler: handlerUrl(handler) }),
  };
  parseOptions(options);
  return { ...options, disconnectMessage };
}

/** The echo handler refuses one thing only: a disconnect message that the framing can't carry. */
function startError(error: unknown): unknown {
  if (!(error instanceof HandlerLoadError) || !(error.cause instanceof Error)) return error;
  if (error.cause.name !== 'MessageError') return error;
  return new OptionError('disconnectMessage', `must be a message of the framing: ${error.cause.message}`);
}

function handlerUrl(file: string): URL {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new OptionError('handler', `must be the path of a file, got ${JSON.stringify(file)}`);
  }
  return pathToFileURL(file);
}

/** Whoever reads what is printed may leave (`| head -1`): the clients shouldn't pay for it. */
function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What isn't a number stays text: the option's own rule refuses it. */
function number(value: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
