import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { serve } from '../support/serve.ts';
import { until } from '../support/wait.ts';

test('a client that connects, sends nothing and leaves', async (t) => {
  const server = await serve(t);
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.end();
  assert.equal((await client.readAll()).length, 0);
  const { reason, error, bytesRead, bytesWritten } = await disconnects.one();
  assert.deepEqual(
    { reason, error, bytesRead, bytesWritten },
    { reason: 'peer-end', error: undefined, bytesRead: 0, bytesWritten: 0 },
  );
});

test('a client that resets while it is served', async (t) => {
  const server = await serve(t);
  const disconnects = record(server, 'disconnect');
  const [client, other] = await Promise.all([Client.connect(server), Client.connect(server)]);
  await client.ask('hello');
  client.reset();
  const { reason, peer, bytesRead } = await disconnects.one();
  assert.deepEqual([reason, peer.port, bytesRead], ['peer-reset', client.port, 5]);
  await other.ask('still there');
});

test('a client that resets with bytes due to it', async (t) => {
  const server = await serve(t);
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.socket.pause();
  client.send(Buffer.alloc(16 * 2 ** 20));
  await until(
    () => server.stats().bytesRead > server.stats().bytesWritten,
    () => 'bytes due to the client',
  );
  client.reset();
  assert.equal((await disconnects.one()).reason, 'peer-reset');
});

test('a client that closes before its bytes are echoed', async (t) => {
  const server = await serve(t);
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.send('lost');
  client.socket.destroySoon();
  const { reason, bytesRead } = await disconnects.one();
  assert.match(reason, /^peer-(end|reset)$/);
  assert.equal(bytesRead, 4);
});

test('a client that resets before it is accepted is dropped', async (t) => {
  const server = await serve(t);
  const drops = record(server, 'drop');
  const connections = record(server, 'connection');
  // This thread, which would accept, is blocked until the client is gone.
  const { status } = spawnSync(process.execPath, [
    '-e',
    `const socket = net.connect(${server.address?.port}, '127.0.0.1', () => socket.resetAndDestroy())`,
  ]);
  assert.equal(status, 0);
  assert.deepEqual(await drops.one(), { reason: 'peer-reset', peer: undefined });
  assert.equal(server.stats().dropped['peer-reset'], 1);
  assert.deepEqual(connections.all, []);
  await (await Client.connect(server)).ask('others are served');
});

test('a client that ends before it is accepted is served', async (t) => {
  const server = await serve(t);
  const disconnects = record(server, 'disconnect');
  const { status } = spawnSync(process.execPath, [
    '-e',
    `const socket = net.connect(${server.address?.port}, '127.0.0.1', () => socket.end('bye', () => process.exit()))`,
  ]);
  assert.equal(status, 0);
  assert.equal((await disconnects.one()).bytesRead, 3);
});
