import type { Connection } from '../../../src/index.ts';

/** Straight-line code that gets strings. */
export default async function handleClient(connection: Connection): Promise<void> {
  for await (const line of connection) await connection.send(line);
}
