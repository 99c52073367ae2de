import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A server that is no server of ours, and does with its only client what it is told. */
export async function plainServer(
  t: TestContext,
): Promise<{ address: AddressInfo; client: Promise<Socket> }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = once(server, 'connection').then(([socket]) => {
    const accepted = socket as Socket;
    accepted.on('error', () => {});
    t.after(() => accepted.destroy());
    return accepted;
  });
  t.after(() => server.close());
  return { address: server.address() as AddressInfo, client };
}
