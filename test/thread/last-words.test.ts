import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

const SMALL = 11;
/** More than the system takes at once. */
const MUCH = 8 * 2 ** 20;

for (const bytes of [SMALL, MUCH]) {
  for (const how of ['at once', 'await']) {
    test(`what a handler sent before it threw arrives, then the reset: ${bytes} bytes, ${how}`, async (t) => {
      const server = await serve(t, { handler: fixture('last-words'), lingerTimeout: 100 });
      const [disconnects, failures] = [record(server, 'disconnect'), record(server, 'handler-error')];
      const [client, other] = [
        await Client.connect(server, { allowHalfOpen: true }),
        await Client.connect(server),
      ];
      client.send(`${bytes} ${how}`);
      assert.equal((await client.read(bytes)).toString(), 'x'.repeat(bytes));
      const { id, error } = await failures.one();
      assert.equal(await client.ending(), 'reset');
      const end = await disconnects.one();
      assert.deepEqual([end.id, end.reason, end.bytesWritten], [id, 'handler-error', bytes]);
      for (const told of [error, end.error]) {
        assert.equal((told as Error).message, `nothing after ${bytes} bytes`);
      }
      other.send(`${SMALL}`);
      await other.expect('x'.repeat(SMALL));
      assert.equal((await failures.first(2)).length, 2);
    });
  }
}

test('after end() the client has all, and the FIN', async (t) => {
  const server = await serve(t, { handler: fixture('last-words') });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.send(`${SMALL} end`);
  assert.equal((await client.readAll()).toString(), 'x'.repeat(SMALL));
  assert.equal((await disconnects.one()).reason, 'handler-error');
});

test('it arrives at a client that has shut down its own side, too', async (t) => {
  const server = await serve(t, { handler: fixture('last-words'), lingerTimeout: 100 });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server, { allowHalfOpen: true });
  client.end(`${MUCH} at once`);
  assert.equal((await client.read(MUCH)).length, MUCH);
  assert.equal(await client.ending(), 'reset');
  assert.equal((await disconnects.one()).reason, 'handler-error');
});

test('the error is told at once, though the answer is on its way for long', async (t) => {
  const server = await serve(t, { handler: fixture('last-words'), lingerTimeout: 100 });
  const [disconnects, failures] = [record(server, 'disconnect'), record(server, 'handler-error')];
  const client = await Client.connect(server);
  client.socket.pause();
  client.send(`${4 * MUCH} at once`);
  await failures.one();
  assert.deepEqual(disconnects.all, []);
  client.socket.resume();
  assert.equal((await client.read(4 * MUCH)).length, 4 * MUCH);
  assert.equal(await client.ending(), 'reset');
  assert.equal((await disconnects.one()).reason, 'handler-error');
});

test('a client that leaves meanwhile changes no reason', async (t) => {
  const server = await serve(t, { handler: fixture('last-words') });
  const [disconnects, failures] = [record(server, 'disconnect'), record(server, 'handler-error')];
  const client = await Client.connect(server);
  client.socket.pause();
  client.send(`${MUCH} at once`);
  await failures.one();
  client.reset();
  assert.equal((await disconnects.one()).reason, 'handler-error');
});

test('a handler that has sent nothing is reset at once', async (t) => {
  const server = await serve(t, { handler: fixture('last-words'), lingerTimeout: 2 ** 31 - 1 });
  const client = await Client.connect(server);
  client.send('0 at once');
  assert.equal(await client.ending(), 'reset');
});

test('close() cuts short what goes out', async (t) => {
  const server = await serve(t, { handler: fixture('last-words'), lingerTimeout: 2 ** 31 - 1 });
  const failures = record(server, 'handler-error');
  const client = await Client.connect(server);
  client.send(`${SMALL} at once`);
  await failures.one();
  await server.close({ timeout: 0 });
  assert.deepEqual(server.stats().closed, { 'handler-error': 1 });
  assert.equal(await client.ending(), 'reset');
});

for (const [message, error] of [
  ['throw', /^thrown$/],
  ['reject', /^rejected$/],
  ['refused', /^lines: a message must not hold the delimiter/],
] as const) {
  test(`what callbacks sent before one failed arrives (${message})`, async (t) => {
    const server = await serve(t, { handler: fixture('last-words-in-callbacks'), lingerTimeout: 100 });
    const [disconnects, failures] = [record(server, 'disconnect'), record(server, 'handler-error')];
    const client = await Client.connect(server);
    client.send(`one\ntwo\n${message}\nnever handled\n`);
    const answers = ['one', 'two', message].map((word) => `answer to ${word}\n`).join('');
    assert.equal((await client.read(answers.length)).toString(), answers);
    assert.equal(await client.ending(), 'reset');
    assert.match(((await failures.one()).error as Error).message, error);
    assert.equal((await disconnects.one()).reason, 'handler-error');
    assert.equal(failures.all.length, 1);
  });
}

test('this side of connect() gets the answer, then the reset', async (t) => {
  const server = await serve(t, { handler: fixture('last-words'), lingerTimeout: 100 });
  const client = await connect({ host: '127.0.0.1', port: server.address!.port });
  await client.send(`${SMALL} at once`);
  assert.equal(await client.receive(), 'x'.repeat(SMALL));
  await assert.rejects(client.receive(), { name: 'ConnectionError', reason: 'peer-reset' });
  assert.equal(await client.closed, 'peer-reset');
});
