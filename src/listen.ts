import { MultiThreadServer } from './main/server.ts';
import type { ListenOptions } from './options/listen-options.ts';

/**
 * Starts a server. Resolves when every thread has loaded the handler and the port is bound.
 * @throws OptionError for an option its rule forbids. HandlerLoadError when the handler can't be loaded. The
 * operating system's error when the address can't be bound. ThreadError on a Node that can't move sockets.
 */
export async function listen(options: ListenOptions): Promise<MultiThreadServer> {
  return new MultiThreadServer(options).start();
}
