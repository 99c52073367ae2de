import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { queued } from '../support/queued.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve, start } from '../support/serve.ts';
import { until, within } from '../support/wait.ts';

const NEVER = 600_000;

test('close() without clients', async (t) => {
  const server = await serve(t, { threads: 2 });
  const [drains, closes, exits] = [
    record(server, 'drain'),
    record(server, 'close'),
    record(server, 'thread-exit'),
  ];
  await within(server.close({ timeout: NEVER }), () => 'close()');
  assert.deepEqual([drains.all.length, closes.all.length], [1, 1]);
  assert.deepEqual(
    exits.all.map(({ reason, exitCode }) => [reason, exitCode]),
    [
      ['retired', 0],
      ['retired', 0],
    ],
  );
  assert.equal(server.address, undefined);
  assert.deepEqual(server.threads, []);
});

test('close() twice is one close', async (t) => {
  const server = await serve(t);
  const closes = record(server, 'close');
  const first = server.close();
  assert.equal(server.close(), first);
  await first;
  assert.equal(server.close(), first);
  await server.close({ timeout: 0 });
  assert.equal(closes.all.length, 1);
});

test('close() refuses new clients at once and serves the live ones until they leave', async (t) => {
  const server = await serve(t, { onDrain: 'wait' });
  const disconnects = record(server, 'disconnect');
  const { port } = server.address!;
  const client = await Client.connect(server);
  await client.ask('before');
  const closed = server.close({ timeout: NEVER });
  await assert.rejects(Client.connect({ address: { port } }), { code: 'ECONNREFUSED' });
  await client.ask('meanwhile');
  client.end('bye');
  assert.equal((await client.readAll()).toString(), 'bye');
  await within(closed, () => 'close()');
  assert.equal((await disconnects.one()).reason, 'peer-end');
});

test('what is left when the time is up is reset as server-drain', async (t) => {
  const server = await serve(t, { threads: 2, onDrain: 'wait' });
  const disconnects = record(server, 'disconnect');
  const exits = record(server, 'thread-exit');
  const clients = [await Client.connect(server), await Client.connect(server)];
  await Promise.all(clients.map((client) => client.ask('hello')));
  await within(server.close({ timeout: 50 }), () => 'close()');
  assert.deepEqual(await Promise.all(clients.map((client) => client.ending())), ['reset', 'reset']);
  assert.deepEqual(
    disconnects.all.map(({ reason, bytesRead }) => [reason, bytesRead]),
    [
      ['server-drain', 5],
      ['server-drain', 5],
    ],
  );
  assert.deepEqual(
    exits.all.map(({ reason }) => reason),
    ['retired', 'retired'],
  );
});

test('close({ timeout: 0 }) waits for nobody', async (t) => {
  const server = await serve(t);
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  await client.ask('hello');
  await within(server.close({ timeout: 0 }), () => 'close()');
  assert.equal(await client.ending(), 'reset');
  assert.deepEqual(
    disconnects.all.map(({ reason }) => reason),
    ['server-drain'],
  );
});

test('a second close() with a shorter time shortens the first', async (t) => {
  const server = await serve(t, { onDrain: 'wait' });
  const client = await Client.connect(server);
  await client.ask('hello');
  const closed = server.close({ timeout: NEVER });
  await client.ask('still served');
  void server.close({ timeout: 0 });
  await within(closed, () => 'close()');
  assert.equal(await client.ending(), 'reset');
});

test('closeTimeout is the time of close() and of await using', async () => {
  let client: Client;
  let address: { port: number } | undefined;
  {
    await using server = await start({ closeTimeout: 0 });
    ({ address } = server);
    client = await Client.connect(server);
    await client.ask('hello');
  }
  assert.equal(await client.ending(), 'reset');
  await assert.rejects(Client.connect({ address }), { code: 'ECONNREFUSED' });
});

test('close() drops clients that wait for a thread', async (t) => {
  const server = await serve(t, { threads: 'per-connection', maxThreads: 1, onDrain: 'wait' });
  const drops = record(server, 'drop');
  const disconnects = record(server, 'disconnect');
  const { first, waiting } = await queued(server);
  const closed = server.close({ timeout: NEVER });
  assert.equal(await waiting.ending(), 'reset');
  assert.deepEqual(
    drops.all.map(({ reason, peer }) => [reason, peer?.port]),
    [['server-drain', waiting.port]],
  );
  assert.deepEqual(server.stats().dropped, { 'server-drain': 1 });
  await first.ask('still served');
  first.end();
  await within(closed, () => 'close()');
  assert.deepEqual(
    disconnects.all.map(({ peer }) => peer.port),
    [first.port],
  );
});

test('the signal is aborted when the drain begins, and a handler that heeds it ends its connection', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('reports-signal'), data: channel, onDrain: 'wait' });
  const disconnects = record(server, 'disconnect');
  const heeding = await Client.connect(server);
  await heeding.ask('heed');
  const other = await Client.connect(server);
  await other.ask('go on');
  const closed = server.close({ timeout: NEVER });
  assert.equal((await heeding.readAll()).toString(), '');
  assert.equal((await disconnects.one()).reason, 'handler-end');
  assert.deepEqual((await reports.first(4)).slice(2), ['aborted', 'aborted']);
  await other.ask('heed not');
  other.end();
  await within(closed, () => 'close()');
});

test('a drain callback can say goodbye', async (t) => {
  const server = await serve(t, { handler: fixture('says-goodbye') });
  const client = await Client.connect(server);
  await client.ask('hello');
  const closed = server.close({ timeout: NEVER });
  assert.equal((await client.readAll()).toString(), 'goodbye');
  await within(closed, () => 'close()');
});

test('a handler that never finishes does not keep close() from finishing', async (t) => {
  const server = await serve(t, { handler: fixture('ignores-drain') });
  const exits = record(server, 'thread-exit');
  const client = await Client.connect(server);
  await client.ask('hello');
  await within(server.close({ timeout: 20 }), () => 'close()');
  assert.equal(await client.ending(), 'reset');
  assert.deepEqual(server.stats().closed, { 'server-drain': 1 });
  assert.equal(exits.all.length, 1);
});

test('a handler that blocks its thread does not keep close() from finishing', async (t) => {
  const server = await serve(t, { threads: 2, handler: fixture('spins') });
  const clients = [await Client.connect(server), await Client.connect(server)];
  await Promise.all(clients.map((client) => client.ask('hello')));
  clients[0]!.send('spin');
  await until(
    () => server.stats().messagesRead === 3,
    () => 'a blocked handler',
  );
  await within(server.close({ timeout: 20 }), () => 'close()');
  await Promise.all(clients.map((client) => client.ending()));
  assert.deepEqual(server.stats().closed, { 'server-drain': 2 });
});
