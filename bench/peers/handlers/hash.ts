import type { Connection } from '../../../src/index.ts';
import { hash } from './work.ts';

export default async function handleClient(connection: Connection<Buffer>): Promise<void> {
  for await (const message of connection) await connection.send(hash(message));
}
