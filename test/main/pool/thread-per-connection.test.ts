import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ListenOptions, MultiThreadServer } from '../../../src/index.ts';
import { Client } from '../../support/client.ts';
import { record } from '../../support/record.ts';
import { fixture, serve } from '../../support/serve.ts';
import { until } from '../../support/wait.ts';

function servePerConnection(t: TestContext, options: ListenOptions): Promise<MultiThreadServer> {
  return serve(t, { threads: 'per-connection', ...options });
}

async function connectParked(server: MultiThreadServer): Promise<Client> {
  const { waiting } = server.stats();
  const client = await Client.connect(server);
  await until(
    () => server.stats().waiting === waiting + 1,
    () => 'the client to wait',
  );
  return client;
}

test('handlers that block hold up no other client', async (t) => {
  const released = new SharedArrayBuffer(4);
  const server = await servePerConnection(t, { handler: fixture('spins'), data: released });
  const blocked = await Promise.all(Array.from({ length: 4 }, () => Client.connect(server)));
  for (const client of blocked) client.send('spin');
  await until(
    () => server.stats().messagesRead === 4,
    () => 'four blocked handlers',
  );

  const other = await Client.connect(server);
  for (let round = 0; round < 10; round++) await other.ask(`round ${round}`);
  const threads = new Set(server.connections.map(({ threadId }) => threadId));
  assert.equal(threads.size, 5);
  assert.equal(server.stats().messagesWritten, 10);

  Atomics.store(new Int32Array(released), 0, 1);
  await Promise.all(blocked.map((client) => client.expect('spin')));
});

test('a thread ends with its connection', async (t) => {
  const server = await servePerConnection(t, { handler: fixture('thread-id') });
  const exits = record(server, 'thread-exit');
  const first = await Client.connect(server);
  const firstThread = Number(await first.readLine());
  first.end();
  await first.readAll();
  assert.deepEqual(await exits.one(), {
    threadId: firstThread,
    reason: 'retired',
    exitCode: 0,
  });

  const second = await Client.connect(server);
  assert.notEqual(Number(await second.readLine()), firstThread);
});

test('a spare thread is kept warm', async (t) => {
  const server = await servePerConnection(t, { handler: fixture('thread-id') });
  assert.equal(server.threads.length, 1);
  const client = await Client.connect(server);
  await client.readLine();
  await until(
    () => server.threads.filter(({ state }) => state === 'ready').length === 2,
    () => 'a spare thread',
  );
  client.end();
  await until(
    () => server.threads.length === 1 && server.threads[0]!.state === 'ready',
    () => 'the spare thread alone',
  );
});

test('no more threads than maxThreads: further clients wait, unread, and are served when one leaves', async (t) => {
  const server = await servePerConnection(t, { maxThreads: 2, handler: fixture('upper') });
  const exits = record(server, 'thread-exit');
  const [first, second] = [await Client.connect(server), await Client.connect(server)];
  await Promise.all([first.ask('one', 'ONE'), second.ask('two', 'TWO')]);

  const third = await connectParked(server);
  third.send('three');
  const fourth = await connectParked(server);
  fourth.send('four');
  await first.ask('go on', 'GO ON');
  assert.equal(server.threads.length, 2);
  assert.equal(server.stats().bytesRead, 'one'.length + 'two'.length + 'go on'.length);
  assert.equal(server.connections.filter(({ threadId }) => threadId === undefined).length, 2);

  first.end();
  await third.expect('THREE');
  assert.equal(server.stats().waiting, 1);
  second.end();
  await fourth.expect('FOUR');
  assert.equal(server.stats().waiting, 0);
  await exits.first(2);
  assert.ok(server.threads.length <= 2);
});

test('a client that resets while it waits ends as peer-reset, and the next is served', async (t) => {
  const server = await servePerConnection(t, { maxThreads: 1 });
  const disconnects = record(server, 'disconnect');
  const first = await Client.connect(server);
  await first.ask('hello');
  const impatient = await connectParked(server);
  impatient.send('hello?');
  impatient.reset();
  await impatient.ending();
  const patient = await connectParked(server);

  first.end();
  await patient.ask('at last');
  const ends = await disconnects.first(2);
  const end = ends.find(({ peer }) => peer.port === impatient.port);
  assert.equal(end?.reason, 'peer-reset');
  assert.equal(server.stats().connections, 1);
});

test('a client that sends, ends and waits gets its answer when a thread is free', async (t) => {
  const server = await servePerConnection(t, { maxThreads: 1, handler: fixture('upper') });
  const disconnects = record(server, 'disconnect');
  const first = await Client.connect(server);
  await first.ask('hello', 'HELLO');
  const next = await connectParked(server);
  next.end('all I have to say');
  first.end();
  assert.equal((await next.readAll()).toString(), 'ALL I HAVE TO SAY');
  const [, end] = await disconnects.first(2);
  assert.deepEqual([end?.peer.port, end?.reason], [next.port, 'peer-end']);
});

test('a client that leaves while it waits is peer-end', async (t) => {
  const server = await servePerConnection(t, { maxThreads: 1 });
  const disconnects = record(server, 'disconnect');
  const first = await Client.connect(server);
  await first.ask('hello');
  const next = await connectParked(server);
  next.end();
  first.end();
  const [, end] = await disconnects.first(2);
  assert.deepEqual([end?.peer.port, end?.reason, end?.bytesRead], [next.port, 'peer-end', 0]);
});
