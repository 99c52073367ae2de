import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

test('the end of a server that a handler has called is an error of it, which its client can tell from an end', async (t) => {
  const upstream = createServer().listen(0, '127.0.0.1');
  t.after(() => upstream.close());
  await once(upstream, 'listening');
  const { port } = upstream.address() as { port: number };
  const server = await serve(t, { handler: fixture('asks-upstream'), data: port, lingerTimeout: 100 });
  const disconnects = record(server, 'disconnect');
  const called = once(upstream, 'connection') as Promise<[Socket]>;
  const client = await Client.connect(server);
  const [socket] = await called;
  socket.on('error', () => {});
  socket.write('half of it');
  await client.expect('half of it');
  socket.resetAndDestroy();
  assert.equal(await client.ending(), 'reset');
  const { reason, error } = await disconnects.one();
  assert.deepEqual([reason, (error as Error).name], ['handler-error', 'ConnectionError']);
  assert.match((error as Error).message, /: peer-reset/);
});
