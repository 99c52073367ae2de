import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ListenOptions } from '../../src/index.ts';
import type { Failing } from '../fixtures/throws-in-callback.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

/** Two clients of one thread: the handler of the first is to fail. */
async function serveTwo(t: TestContext, options: ListenOptions) {
  const server = await serve(t, options);
  const disconnects = record(server, 'disconnect');
  const errors = record(server, 'handler-error');
  const exits = record(server, 'thread-exit');
  const client = await Client.connect(server);
  const other = await Client.connect(server);
  await other.ask('hello');
  return { server, client, other, disconnects, errors, exits };
}

type Two = Awaited<ReturnType<typeof serveTwo>>;

async function assertFailed(
  { client, other, disconnects, errors, exits }: Two,
  message: string,
): Promise<void> {
  assert.equal(await client.ending(), 'reset');
  const failure = await errors.one();
  const end = await disconnects.one();
  for (const error of [failure.error, end.error]) {
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.message], ['RangeError', message]);
    assert.match(error.stack ?? '', /test\/fixtures\//);
  }
  assert.deepEqual([end.reason, end.id], ['handler-error', 1]);
  assert.deepEqual([failure.id, failure.peer, failure.threadId], [1, end.peer, end.threadId]);
  await other.ask('still there');
  assert.equal(errors.all.length, 1);
  assert.deepEqual(exits.all, []);
}

test('a handler that rejects ends its connection alone', async (t) => {
  const two = await serveTwo(t, { handler: fixture('throws-on-message') });
  await two.client.ask('hello');
  two.client.send('throw');
  await assertFailed(two, "can't do throw");
  assert.equal(((await two.errors.one()).error as Error).cause, 'the test');
});

test('a handler that throws ends its connection alone', async (t) => {
  const two = await serveTwo(t, { handler: fixture('throws-at-once') });
  await assertFailed(two, "can't do it");
});

for (const how of ['throws', 'rejects'] as const) {
  for (const callback of ['open', 'message'] as const) {
    test(`a ${callback} callback that ${how} ends its connection alone`, async (t) => {
      const data: Failing = { callback, how };
      const two = await serveTwo(t, { handler: fixture('throws-in-callback'), data });
      if (callback === 'message') two.client.send('fail');
      await assertFailed(two, `can't do ${callback}`);
    });
  }

  test(`a drain callback that ${how} ends its connection alone`, async (t) => {
    const data: Failing = { callback: 'drain', how };
    const { server, client, other, disconnects, errors } = await serveTwo(t, {
      handler: fixture('throws-in-callback'),
      data,
    });
    const closed = server.close();
    assert.equal(await client.ending(), 'reset');
    assert.equal((await disconnects.one()).reason, 'handler-error');
    assert.equal(((await errors.one()).error as Error).message, "can't do drain");
    await other.ask('still there');
    other.end();
    await closed;
    assert.deepEqual(server.stats().closed, { 'handler-error': 1, 'peer-end': 1 });
  });

  test(`a close callback that ${how} changes no reason, and is told`, async (t) => {
    const data: Failing = { callback: 'close', how };
    const { server, client, other, disconnects, errors, exits } = await serveTwo(t, {
      handler: fixture('throws-in-callback'),
      data,
    });
    client.end();
    await client.readAll();
    assert.equal(((await errors.one()).error as Error).message, "can't do close");
    assert.equal((await disconnects.one()).reason, 'peer-end');
    await other.ask('still there');
    assert.deepEqual(exits.all, []);
    const closed = server.close();
    other.end();
    await closed;
    assert.equal((await exits.one()).reason, 'retired');
  });
}

test('what a handler throws may be anything', async (t) => {
  const server = await serve(t, { handler: fixture('throws-a-function') });
  const errors = record(server, 'handler-error');
  await Client.connect(server);
  assert.match(String((await errors.one()).error), /\[Function: odd\]/);
});

test('a send() that fails and that nobody awaits ends its connection alone', async (t) => {
  const server = await serve(t, { handler: fixture('sends-unframable') });
  const [disconnects, errors] = [record(server, 'disconnect'), record(server, 'handler-error')];
  const [client, other] = [await Client.connect(server), await Client.connect(server)];
  client.send('careless\n');
  assert.equal(await client.ending(), 'reset');
  const { reason, error, peer } = await disconnects.one();
  assert.deepEqual(
    [reason, (error as Error).name, peer.port],
    ['handler-error', 'MessageError', client.port],
  );
  assert.deepEqual((await errors.one()).peer, peer);
  await other.ask('still there\n');
});

test('that a connection has ended is no error of its handler', async (t) => {
  const server = await serve(t, { handler: fixture('upper') });
  const [disconnects, errors] = [record(server, 'disconnect'), record(server, 'handler-error')];
  const client = await Client.connect(server);
  await client.ask('hello', 'HELLO');
  client.reset();
  const { reason, error } = await disconnects.one();
  assert.deepEqual([reason, error], ['peer-reset', undefined]);
  await server.close();
  assert.deepEqual(errors.all, []);
});
