import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cli } from '../support/command.ts';
import { Client } from '../support/client.ts';
import { fixture } from '../support/serve.ts';
import { piece, PIECES } from '../fixtures/sends-100-mb.ts';

const MIB = 2 ** 20;
const MOST_GROWTH = 64 * MIB;
const ROUNDS = 50;

interface Usage {
  readonly rss: number;
  readonly external: number;
  readonly sent: number;
}

async function ask(client: Client): Promise<Usage> {
  client.send('ask\n');
  return JSON.parse(await client.readLine()) as Usage;
}

async function untilSendingStops(clock: Client): Promise<Usage> {
  for (;;) {
    const before = await ask(clock);
    for (let round = 0; round < ROUNDS; round++) await ask(clock);
    const after = await ask(clock);
    if (after.sent === before.sent && after.sent > 0) return after;
  }
}

test('a client that stops while 100 MB are due costs the process little memory, and gets all', async (t) => {
  const file = fileURLToPath(fixture('sends-100-mb'));
  const server = cli(t, ['--port', '0', '--threads', '1', '--handler', file]);
  const address = { port: await server.port() };
  const [clock, client] = [await Client.connect({ address }), await Client.connect({ address })];
  const before = await ask(clock);
  client.socket.pause();
  client.send('send\n');

  const stopped = await untilSendingStops(clock);
  assert.ok(stopped.sent < PIECES, 'the operating system took all of it: more must be due');
  const grown = { rss: stopped.rss - before.rss, external: stopped.external - before.external };
  t.diagnostic(`RSS grew by ${Math.round(grown.rss / MIB)} MiB, ${stopped.sent} pieces were sent`);
  assert.ok(grown.rss < MOST_GROWTH, `RSS grew by ${grown.rss / MIB} MiB`);
  assert.ok(grown.external < MOST_GROWTH, `external memory grew by ${grown.external / MIB} MiB`);

  client.socket.resume();
  for (let index = 0; index < PIECES; index++) {
    assert.ok((await client.readLine()) === piece(index), `piece ${index} is intact`);
  }
  assert.equal(await client.ending(), 'end');
});
