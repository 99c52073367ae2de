import type { MultiThreadServer } from '../../src/index.ts';
import { Client } from './client.ts';
import { until } from './wait.ts';

/** Two clients of a server with one thread for one connection: the first is served, the second waits for it. */
export async function queued(server: MultiThreadServer): Promise<{ first: Client; waiting: Client }> {
  const first = await Client.connect(server);
  await first.ask('hello');
  const waiting = await Client.connect(server);
  await until(
    () => server.stats().waiting === 1,
    () => 'a client that waits',
  );
  return { first, waiting };
}
