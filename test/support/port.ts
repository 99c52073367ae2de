import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { within } from './wait.ts';

/** A port below those that systems give to clients, so that no other test's client takes it meanwhile. */
export async function unusedPort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(randomInt(20_000, 32_000), '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => {
      server.close(resolve);
    });
    return port;
  }
}

/** Resolves as soon as the port takes clients, or as soon as it doesn't any more. */
export async function untilPort(port: number, state: 'open' | 'closed'): Promise<void> {
  await within(settled(), () => `port ${port} to be ${state}`);

  async function settled(): Promise<void> {
    while ((await isOpen(port)) !== (state === 'open'));
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.resetAndDestroy();
  }
}
