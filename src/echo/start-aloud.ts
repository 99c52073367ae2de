import { formatEndpoint } from '../base/endpoint.ts';
import { start } from '../listen.ts';
import type { MultiThreadServer } from '../main/server.ts';
import type { ResolvedOptions } from '../options/listen-options.ts';

/** Starts a server and prints what happens, in the words of the original module. */
export async function startAloud(options: ResolvedOptions): Promise<MultiThreadServer> {
  print('[STARTING] Server is starting...');
  const server = await start(options);
  const { path } = options;
  print(`[LISTENING] Server is listening on ${path === undefined ? `port ${server.address?.port}` : path}`);
  server.on('connection', ({ peer }) =>
    print(`[New Connection] Client connected from ${formatEndpoint(peer)}`),
  );
  server.on('disconnect', () => print('[Client disconnected]'));
  return server;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
