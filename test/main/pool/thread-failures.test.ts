import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../../support/client.ts';
import { queued } from '../../support/queued.ts';
import { record, sorted } from '../../support/record.ts';
import { fixture, serve } from '../../support/serve.ts';

const handler = fixture('fails-outside');

const failures = [
  {
    message: 'timer',
    name: 'an exception in a timer',
    reason: 'thread-crash',
    error: 'out of a timer',
    code: 1,
  },
  {
    message: 'rejection',
    name: 'an unhandled rejection',
    reason: 'thread-crash',
    error: 'nobody cares',
    code: 1,
  },
  { message: 'exit', name: 'process.exit()', reason: 'thread-exit', error: undefined, code: 3 },
] as const;

for (const { message, name, reason, error, code } of failures) {
  test(`${name} resets the clients of its thread alone; another thread takes its place`, async (t) => {
    const server = await serve(t, { threads: 2, handler });
    const disconnects = record(server, 'disconnect');
    const exits = record(server, 'thread-exit');
    const starts = record(server, 'thread-start');
    const clients: Client[] = [];
    for (let index = 0; index < 4; index++) {
      const client = await Client.connect(server);
      await client.ask('hello');
      clients.push(client);
    }
    const failing = server.connections[0]!.threadId!;
    const isLost = clients.map(
      ({ port }) => server.connections.find(({ peer }) => peer.port === port)?.threadId === failing,
    );
    const lost = clients.filter((_, index) => isLost[index]);
    const others = clients.filter((_, index) => !isLost[index]);
    assert.deepEqual([lost.length, others.length], [2, 2]);

    clients[0]!.send(message);
    assert.deepEqual(await Promise.all(lost.map((client) => client.ending())), ['reset', 'reset']);
    const ends = await disconnects.first(2);
    assert.deepEqual(sorted(ends.map(({ peer }) => peer.port)), sorted(lost.map(({ port }) => port)));
    for (const end of ends) {
      assert.deepEqual([end.reason, end.threadId], [reason, failing]);
      assert.equal((end.error as Error | undefined)?.message, error);
    }
    const exit = await exits.one();
    assert.deepEqual([exit.threadId, exit.reason, exit.exitCode], [failing, reason, code]);
    assert.equal((exit.error as Error | undefined)?.message, error);
    for (const other of others) await other.ask('still there');

    const { id } = await starts.one();
    assert.ok(id > 2);
    const next = await Client.connect(server);
    await next.ask('hello');
    assert.equal(server.connections.at(-1)?.threadId, id);
    assert.equal(server.threads.length, 2);
    assert.equal(server.stats().connections, 3);
  });
}

test('a thread that reaches its memory limit costs its own clients alone', async (t) => {
  const server = await serve(t, { threads: 2, handler: fixture('leaks-heap'), threadMemoryLimit: 24 });
  const [disconnects, exits] = [record(server, 'disconnect'), record(server, 'thread-exit')];
  const [client, other] = [await Client.connect(server), await Client.connect(server)];
  await Promise.all([client.ask('hello'), other.ask('hello')]);
  client.send('leak');
  await client.ending();
  const { reason, peer } = await disconnects.one();
  assert.deepEqual([reason, peer.port], ['thread-memory', client.port]);
  assert.equal((await exits.one()).reason, 'thread-memory');
  await other.ask('still there');
});

for (const message of ['timer', 'exit']) {
  test(`a client that comes right after the only thread's end by ${message} is served by the next`, async (t) => {
    const server = await serve(t, { handler });
    const first = await Client.connect(server);
    first.send(message);
    assert.equal(await first.ending(), 'reset');
    const next = await Client.connect(server);
    await next.ask('hello');
    assert.equal(server.connections[0]?.threadId, 2);
  });
}

test('threads that keep crashing are given up; clients are dropped, close() still works', async (t) => {
  const server = await serve(t, { handler, maxCrashes: 2 });
  const errors = record(server, 'error');
  const exits = record(server, 'thread-exit');
  const drops = record(server, 'drop');
  const disconnects = record(server, 'disconnect');
  for (let crash = 1; crash <= 2; crash++) {
    const client = await Client.connect(server);
    client.send('timer');
    assert.equal(await client.ending(), 'reset');
    await exits.first(crash);
  }
  const error = (await errors.one()) as Error & { code?: string };
  assert.deepEqual([error.name, error.code], ['ThreadError', 'ERR_CRASH_LOOP']);
  assert.match(error.message, /2 threads crashed within 60000 ms \(maxCrashes, crashWindow\)/);
  assert.equal((error.cause as Error).message, 'out of a timer');
  await disconnects.first(2);

  assert.equal(await (await Client.connect(server)).ending(), 'reset');
  assert.equal((await drops.one()).reason, 'no-thread');
  assert.deepEqual(server.threads, []);
  assert.equal(errors.all.length, 1);
  await server.close();
});

test('clients that wait for a thread when threads are given up are dropped', async (t) => {
  const server = await serve(t, { threads: 'per-connection', maxThreads: 1, maxCrashes: 1, handler });
  const drops = record(server, 'drop');
  server.on('error', () => {});
  const { first, waiting } = await queued(server);
  first.send('timer');
  assert.equal(await waiting.ending(), 'reset');
  const { reason, peer } = await drops.one();
  assert.deepEqual([reason, peer?.port], ['no-thread', waiting.port]);
  assert.deepEqual(server.connections, []);
});
