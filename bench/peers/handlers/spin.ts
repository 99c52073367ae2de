import type { Connection } from '../../../src/index.ts';
import { spinOrEcho } from './work.ts';

export default async function handleClient(connection: Connection<Buffer>): Promise<void> {
  const { id } = connection.thread;
  for await (const message of connection) await connection.send(spinOrEcho(message, id));
}
