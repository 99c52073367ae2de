import type { Command } from 'commander';
import { main } from '../echo/main.ts';
import { listen } from '../listen.ts';
import type { MultiThreadServer } from '../main/server.ts';
import { HandlerLoadError, OptionError, ThreadError } from '../base/errors.ts';
import { exitWith, printError } from './exit.ts';
import { addServeFlags, checkFlags, type ServeFlags, type ServeOptions } from './flags.ts';
import { closeOnSignals } from './signals.ts';
import { watchSources } from './watch.ts';

/** Adds the server as the program's own action. */
export function addServe(program: Command): void {
  addServeFlags(program).action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  const options = checkFlags(flags);
  outliveOutput();
  let server: MultiThreadServer | undefined;
  // Before the start, which may take a while; until it is done there is nothing to close.
  closeOnSignals(async () => server?.close(), exitWith);
  let isReloadDue = false;
  const reload = (): void => {
    if (server) void reloadHandler(server, options.quiet);
    else isReloadDue = true;
  };
  // Before the start, too: nobody shall end the server who wants it to reload.
  process.on('SIGHUP', reload);
  server = await start(options);
  reportProblems(server);
  exitWhenHopeless(server);
  if (isReloadDue) reload();
  if (options.watch !== undefined) watchSources(options.watch, reload);
}

async function start({
  listen: options,
  disconnectMessage,
  quiet,
}: ServeOptions): Promise<MultiThreadServer> {
  try {
    return quiet
      ? await listen({ ...options, data: { disconnectMessage } })
      : await main({ ...options, disconnectMessage });
  } catch (error) {
    throw options.handler === undefined ? startError(error) : error;
  }
}

/** The echo handler refuses one thing only: a disconnect message that the framing can't carry. */
function startError(error: unknown): unknown {
  if (!(error instanceof HandlerLoadError) || !(error.cause instanceof Error)) return error;
  if (error.cause.name !== 'MessageError') return error;
  return new OptionError('disconnectMessage', `must be a message of the framing: ${error.cause.message}`);
}

async function reloadHandler(server: MultiThreadServer, quiet: boolean): Promise<void> {
  try {
    await server.reload();
    if (!quiet) process.stdout.write('[RELOADED] New threads serve\n');
  } catch (error) {
    printError(`reload: the old threads go on: ${text(error)}`);
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
    printError(`handler of connection ${id} in thread ${threadId}: ${text(error)}`),
  );
  server.on('thread-exit', ({ threadId, reason, error }) => {
    if (reason === 'retired' || reason === 'terminated' || reason === 'load-failed') return;
    printError(`thread ${threadId} ended: ${reason}${error === undefined ? '' : `: ${text(error)}`}`);
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

/** Whoever reads what is printed may leave (`| head -1`): the clients shouldn't pay for it. */
function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
