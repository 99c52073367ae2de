import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { mainEntries, mainGroupOf, parseMainOptions, type MainOptions } from '../echo/main-options.ts';
import { startAloud } from '../echo/start-aloud.ts';
import { start } from '../listen.ts';
import { closeOnSignals } from '../main/close-on-signals.ts';
import type { MultiThreadServer } from '../main/server.ts';
import { OptionError, ThreadError } from '../base/errors.ts';
import { describeThrown } from '../base/thrown.ts';
import { readOptionsFile } from '../options/file.ts';
import { ECHO_HANDLER } from '../options/module-url.ts';
import type { ResolvedOptions } from '../options/listen-options.ts';
import type { CloseSignal } from '../options/public.ts';
import { exitWith, printError, UsageError } from './exit.ts';
import { addFlags } from './flags.ts';
import { watchSources } from './watch.ts';

const DEFAULT_SIGNALS: readonly CloseSignal[] = ['SIGTERM', 'SIGINT'];

/** What commander makes of the command line: these, and options of `main()`, whose own rules check them. */
interface ServeFlags extends MainOptions {
  quiet: boolean;
  watch?: boolean;
  options?: string;
}

/** Adds the server as the program's own action. */
export function addServe(program: Command): void {
  program
    .option('--options <file>', 'JSON file with options of listen(); flags win over it')
    .option('--watch', "reload when a file beside or below the handler's changes")
    .option('-q, --quiet', 'print errors only', false);
  addFlags(program, mainEntries, mainGroupOf);
  program.action(serve);
}

async function serve({ quiet, watch, options: file, ...flags }: ServeFlags): Promise<void> {
  const options = checkOptions(flags, file);
  const watched = watch ? handlerFile(options) : undefined;
  outliveOutput();
  let server: MultiThreadServer | undefined;
  // Before the start, which may take a while; until it is done there is nothing to close.
  const signals = options.closeOn.length > 0 ? options.closeOn : DEFAULT_SIGNALS;
  closeOnSignals(signals, {
    close: async (when) => server?.close(when),
    closed: () => process.exit(0),
    failed: exitWith,
  });
  let isReloadDue = false;
  const reload = (): void => {
    if (server) void reloadHandler(server, quiet);
    else isReloadDue = true;
  };
  // Before the start, too: nobody shall end the server who wants it to reload.
  if (!signals.includes('SIGHUP')) process.on('SIGHUP', reload);
  if (watched !== undefined) await watchSources(watched, { changed: reload, failed: printWatchError });
  server = await (quiet ? start : startAloud)({ ...options, closeOn: [] });
  reportProblems(server);
  exitWhenHopeless(server);
  if (isReloadDue) reload();
}

/** @throws OptionError for a wrong flag. UsageError for what is wrong in the file, naming both. */
function checkOptions(flags: MainOptions, file: string | undefined): ResolvedOptions {
  const inFile = file === undefined ? {} : readOptionsFile(file, mainEntries);
  try {
    return parseMainOptions({ ...inFile, ...flags });
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const [name = ''] = error.option.split('.');
    const isInFile = Object.hasOwn(inFile, name) && !Object.hasOwn(flags, name);
    throw isInFile ? new UsageError(`${file}: ${error.message}`) : error;
  }
}

/** @throws OptionError when there is no file to watch. */
function handlerFile({ handler }: ResolvedOptions): string {
  if (handler.startsWith('file:') && handler !== ECHO_HANDLER.href) return fileURLToPath(handler);
  throw new OptionError('watch', 'needs a --handler to watch');
}

async function reloadHandler(server: MultiThreadServer, quiet: boolean): Promise<void> {
  try {
    await server.reload();
    if (!quiet) process.stdout.write('[RELOADED] New threads serve\n');
  } catch (error) {
    printError(`reload: the old threads go on: ${describeThrown(error)}`);
  }
}

/** A server that is left without threads refuses everybody; whoever watches the process can start it anew. */
function exitWhenHopeless(server: MultiThreadServer): void {
  let hasGivenUp = false;
  const exitWithoutThreads = (): void => {
    if (hasGivenUp && server.threads.length === 0) process.exit(1);
  };
  server.on('error', (error) => {
    hasGivenUp ||= error instanceof ThreadError && error.code === 'ERR_CRASH_LOOP';
    exitWithoutThreads();
  });
  server.on('thread-exit', exitWithoutThreads);
  server.on('reload', () => {
    hasGivenUp = false;
  });
}

function reportProblems(server: MultiThreadServer): void {
  server.on('error', (error) => printError(error.message));
  server.on('handler-error', ({ id, threadId, error }) =>
    printError(`handler of connection ${id} in thread ${threadId}: ${describeThrown(error)}`),
  );
  server.on('thread-exit', ({ threadId, reason, error }) => {
    if (reason === 'retired' || reason === 'terminated' || reason === 'load-failed') return;
    printError(
      `thread ${threadId} ended: ${reason}${error === undefined ? '' : `: ${describeThrown(error)}`}`,
    );
  });
  server.on('thread-stalled', ({ threadId, silentFor }) =>
    printError(`thread ${threadId} has stood still for ${silentFor} ms; another takes its place`),
  );
  server.on('thread-recovered', ({ threadId, silentFor }) =>
    printError(`thread ${threadId} goes on after ${silentFor} ms`),
  );
  server.on('black-box', ({ threadId, stack }) => {
    if (stack?.[0] !== undefined) printError(`thread ${threadId} hangs in ${stack[0]}`);
  });
}

function printWatchError(why: string): void {
  printError(`watch: ${why}`);
}

/** Whoever reads what is printed may leave (`| head -1`): the clients shouldn't pay for it. */
function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}
