import type { Connection } from 'multithread-server/handler';

export default async function handleClient(connection: Connection): Promise<void> {
  await connection.send(`Hello, ${connection.peer.address}.`);
  for await (const line of connection) {
    if (line === 'quit') return; // closes the connection
    await connection.send(line.toUpperCase());
  }
}
