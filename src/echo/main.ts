import { formatEndpoint } from '../base/endpoint.ts';
import { listen } from '../listen.ts';
import type { MultiThreadServer } from '../main/server.ts';
import type { ListenOptions } from '../options/listen-options.ts';
import { DISCONNECT_MSG, IP, PORT, SIZE, type EchoData } from './handler.ts';

export * from './handler.ts';
export { default } from './handler.ts';

/** Options of {@link main}: those of `listen()`, and the disconnect message. */
export interface MainOptions extends ListenOptions {
  /** Default {@link DISCONNECT_MSG}. */
  disconnectMessage?: string;
}

/**
 * Starts the echo server and prints what happens. `[New Connection]` and `[Client disconnected]` come once for each
 * client, whatever ended it.
 * @throws what `listen()` throws.
 */
export async function main({
  disconnectMessage = DISCONNECT_MSG,
  ...options
}: MainOptions = {}): Promise<MultiThreadServer> {
  print('[STARTING] Server is starting...');
  const data: EchoData = { disconnectMessage };
  const server = await listen({ host: IP, port: PORT, size: SIZE, data, ...options });
  print(`[LISTENING] Server is listening on port ${server.address?.port}`);
  server.on('connection', ({ peer }) =>
    print(`[New Connection] Client connected from ${formatEndpoint(peer)}`),
  );
  server.on('disconnect', () => print('[Client disconnected]'));
  return server;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
