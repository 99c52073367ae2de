import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { lines } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/wait.ts';
import { Crowd } from '../support/crowd.ts';

async function assertRefused(address: AddressInfo): Promise<void> {
  await assert.rejects(Client.connect({ address }), { code: 'ECONNREFUSED' });
}

test('while suspended the port refuses, live connections go on; then it is the same port again', async (t) => {
  const server = await serve(t, { threads: 2, framing: lines() });
  const listenings = record(server, 'listening');
  const address = server.address!;
  const crowd = await Crowd.connect(server, 40);
  crowd.start();
  for (let round = 1; round <= 3; round++) {
    await server.suspend();
    assert.equal(server.address, undefined);
    await assertRefused(address);
    await crowd.goesOn();
    await server.resume();
    assert.deepEqual(server.address, address);
    assert.deepEqual(listenings.all.at(-1), [address]);
    assert.equal(listenings.all.length, round);
    await (await Client.connect(server)).ask('hello\n');
    await crowd.goesOn();
  }
  await crowd.leave();
  assert.deepEqual(server.stats().dropped, {});
});

test('suspend() and resume() twice are like once', async (t) => {
  const server = await serve(t);
  const listenings = record(server, 'listening');
  const address = server.address!;
  await Promise.all([server.suspend(), server.suspend()]);
  await assertRefused(address);
  await server.suspend();
  await Promise.all([server.resume(), server.resume()]);
  await server.resume();
  assert.deepEqual(server.addresses, [address]);
  assert.equal(listenings.all.length, 1);
  await (await Client.connect(server)).ask('hello');
});

test('suspend() during resume() has the last word', async (t) => {
  const server = await serve(t);
  const address = server.address!;
  await server.suspend();
  await Promise.all([server.resume(), server.suspend()]);
  assert.deepEqual(server.addresses, []);
  await assertRefused(address);
  await server.resume();
  assert.deepEqual(server.address, address);
});

test('localhost is suspended and resumed on all its addresses', async (t) => {
  const server = await serve(t, { host: 'localhost' });
  const { addresses } = server;
  await server.suspend();
  for (const { address, port } of addresses) {
    await assert.rejects(Client.connect({ address: { port } }, { host: address }), { code: 'ECONNREFUSED' });
  }
  await server.resume();
  assert.deepEqual(server.addresses, addresses);
  for (const { address } of addresses) await (await Client.connect(server, { host: address })).ask('hello');
});

test('resume() rejects when the port was taken meanwhile, and succeeds when it is free again', async (t) => {
  const server = await serve(t);
  const address = server.address!;
  await server.suspend();
  const squatter = createServer().listen(address.port, address.address);
  t.after(() => squatter.close());
  await once(squatter, 'listening');
  await assert.rejects(server.resume(), { code: 'EADDRINUSE' });
  assert.equal(server.address, undefined);
  squatter.close();
  await once(squatter, 'close');
  await server.resume();
  assert.deepEqual(server.address, address);
  await (await Client.connect(server)).ask('hello');
});

test('after close() there is no resume()', async (t) => {
  const server = await serve(t);
  await server.suspend();
  await server.close();
  await assert.rejects(server.resume(), { name: 'ThreadError', code: 'ERR_SERVER_CLOSED' });
  assert.equal(server.address, undefined);
});

test('a resume() that meets close() leaves no port open', async (t) => {
  const server = await serve(t);
  const address = server.address!;
  await server.suspend();
  const resumed = server.resume();
  resumed.catch(() => {});
  await within(server.close(), () => 'close()');
  await assert.rejects(resumed, { name: 'ThreadError', code: 'ERR_SERVER_CLOSED' });
  assert.equal(server.address, undefined);
  await assertRefused(address);
});

test('a suspended server reloads and closes', async (t) => {
  const server = await serve(t, { framing: lines(), onDrain: 'wait' });
  const client = await Client.connect(server);
  await client.ask('hello\n');
  await server.suspend();
  await server.reload({ timeout: 600_000 });
  assert.equal(server.address, undefined);
  await client.ask('still there\n');
  client.end();
  await within(server.close(), () => 'close()');
  assert.deepEqual(server.stats().closed, { 'peer-end': 1 });
});
