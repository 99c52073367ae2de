import { connect, type ClientConnection } from 'multithread-server/client';
import type { Connection } from 'multithread-server/handler';

export interface Upstream {
  host: string;
  port: number;
}

export const format = 'binary';

/** Passes bytes on in both directions; who reads slowly slows down who sends, and each side may end first. */
export default async function handleClient(client: Connection<Buffer>): Promise<void> {
  const { host, port } = client.thread.data as Upstream;
  await using upstream = await connect({ host, port, format: 'binary', size: 64 * 1024 });
  await Promise.all([pass(client, upstream), pass(upstream, client)]);
}

type Side = Connection<Buffer> | ClientConnection<Buffer>;

async function pass(from: Side, to: Side): Promise<void> {
  for await (const bytes of from) await to.send(bytes);
  to.end();
}
