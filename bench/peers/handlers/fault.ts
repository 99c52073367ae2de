import type { Connection } from '../../../src/index.ts';
import { faultOrEcho } from './faults.ts';

export default async function handleClient(connection: Connection<Buffer>): Promise<void> {
  const { id } = connection.thread;
  for await (const message of connection) await connection.send(faultOrEcho(message, id));
}
