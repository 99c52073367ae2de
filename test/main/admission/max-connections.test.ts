import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../../support/client.ts';
import { record } from '../../support/record.ts';
import { serve } from '../../support/serve.ts';

test('a client beyond maxConnections is dropped, and another comes in when one has left', async (t) => {
  const server = await serve(t, { maxConnections: 2 });
  const drops = record(server, 'drop');
  const disconnects = record(server, 'disconnect');
  const [first, second] = [await Client.connect(server), await Client.connect(server)];
  await Promise.all([first.ask('one'), second.ask('two')]);

  assert.equal(await (await Client.connect(server)).ending(), 'reset');
  const { reason, peer } = await drops.one();
  assert.deepEqual([reason, peer?.address, peer?.family], ['max-connections', '127.0.0.1', 'IPv4']);
  assert.ok(!server.connections.some((connection) => connection.peer.port === peer?.port));
  assert.deepEqual(server.stats().dropped, { 'max-connections': 1 });
  assert.equal(server.stats().connections, 2);
  await second.ask('still there');

  first.end();
  await disconnects.one();
  await (await Client.connect(server)).ask('now I may');
  assert.equal(drops.all.length, 1);
});

test('clients that wait for a thread count', async (t) => {
  const server = await serve(t, { threads: 'per-connection', maxThreads: 1, maxConnections: 2 });
  const first = await Client.connect(server);
  await first.ask('hello');
  const waiting = await Client.connect(server);
  assert.equal(await (await Client.connect(server)).ending(), 'reset');
  first.end();
  await waiting.ask('at last');
});
