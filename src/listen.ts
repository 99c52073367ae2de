/** Puts a server together: the options, the driver, and main. */
import { ThreadError } from './base/errors.ts';
import { nodeTooOld } from './base/node-version.ts';
import { closeOnSignals } from './main/close-on-signals.ts';
import { MultiThreadServer } from './main/server.ts';
import { parseOptions, type ListenOptions, type ResolvedOptions } from './options/listen-options.ts';
import { threadMemory } from './options/transport-options.ts';
import { openMainDriver } from './transport/choose.ts';

/**
 * Starts a server. Resolves when every thread has loaded the handler and the port is bound.
 * @throws OptionError for an option its rule forbids. HandlerLoadError when the handler can't be loaded. The
 * operating system's error when the address can't be bound. ThreadError on a Node that can't move sockets.
 * TransportError when the transport that was asked for can't be used.
 */
export async function listen(options: ListenOptions): Promise<MultiThreadServer> {
  return start(parseOptions(options));
}

/** The same with options that were checked. */
export async function start(options: ResolvedOptions): Promise<MultiThreadServer> {
  const tooOld = nodeTooOld(process.versions.node);
  if (tooOld) throw new ThreadError('ERR_NODE_VERSION', tooOld);
  const { driver, transport } = await openMainDriver(options.transport, threadMemory(options));
  const server = new MultiThreadServer(options, driver, transport);
  let isStarted = false;
  const forgetSignals = closeOnSignals(options.closeOn, {
    // Before it has started there is no client to wait for.
    close: async (when) => (isStarted ? server.close(when) : process.exit(0)),
    closed: () => {},
    failed: (error) => server.emit('error', error as Error),
  });
  server.once('close', forgetSignals);
  try {
    await server.start();
  } catch (error) {
    forgetSignals();
    throw error;
  }
  isStarted = true;
  return server;
}
