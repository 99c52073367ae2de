import { scryptSync } from 'node:crypto';
import type { Connection } from 'multithread-server/handler';

/** Each client has this thread to itself: it may block, as in a server with a thread for each client it may. */
export default async function handleClient(connection: Connection): Promise<void> {
  for await (const password of connection) {
    await connection.send(scryptSync(password, 'salt', 32, { N: 2 ** 15, maxmem: 2 ** 26 }).toString('hex'));
  }
}
