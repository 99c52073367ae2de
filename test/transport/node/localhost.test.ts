import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { Client } from '../../support/client.ts';
import { needsIPv6 } from '../../support/machine.ts';
import { record } from '../../support/record.ts';
import { serve, start } from '../../support/serve.ts';

test('localhost is 127.0.0.1', async (t) => {
  const server = await serve(t, { host: 'localhost' });
  assert.equal(server.address?.address, '127.0.0.1');
  await (await Client.connect(server, { host: '127.0.0.1' })).ask('hello');
});

test('localhost is ::1 as well, on the same port', needsIPv6, async (t) => {
  const server = await serve(t, { host: 'localhost' });
  const { port } = server.address!;
  assert.deepEqual(
    server.addresses.map((address) => [address.address, address.port]),
    [
      ['127.0.0.1', port],
      ['::1', port],
    ],
  );
  const connections = record(server, 'connection');
  await (await Client.connect(server, { host: '::1' })).ask('hello');
  const { peer, local } = await connections.one();
  assert.deepEqual([peer.address, peer.family], ['::1', 'IPv6']);
  assert.deepEqual(local, { address: '::1', port, family: 'IPv6' });
});

test('localhost binds nothing when ::1 has the port taken', needsIPv6, async (t) => {
  const other = createServer().listen(0, '::1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await assert.rejects(start({ host: 'localhost', port }), { code: 'EADDRINUSE' });
  const mine = createServer().listen(port, '127.0.0.1');
  await once(mine, 'listening');
  mine.close();
});

test('an IPv4 client of a listener for both is shown by its IPv4 address', needsIPv6, async (t) => {
  const server = await serve(t, { host: '::' });
  const connections = record(server, 'connection');
  await (await Client.connect(server, { host: '127.0.0.1' })).ask('hello');
  const { peer } = await connections.one();
  assert.deepEqual([peer.address, peer.family], ['127.0.0.1', 'IPv4']);
});
