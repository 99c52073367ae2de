import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOSTILE } from '../fixtures/throws-hostile.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

test('whatever a handler throws, it costs one connection', async (t) => {
  const server = await serve(t, { handler: fixture('throws-hostile'), lingerTimeout: 10 });
  const [disconnects, failures] = [record(server, 'disconnect'), record(server, 'handler-error')];
  const exits = record(server, 'thread-exit');
  const other = await Client.connect(server);
  const names = Object.keys(HOSTILE);
  for (const name of names) {
    const client = await Client.connect(server);
    client.send(name);
    assert.equal(await client.ending(), 'reset', name);
    await other.ask(`after ${name.length}`);
  }
  const ends = await disconnects.first(names.length);
  assert.deepEqual(
    ends.map(({ reason, error }) => [reason, error instanceof Error]),
    names.map(() => ['handler-error', true]),
  );
  assert.ok(failures.all.every(({ error }) => error instanceof Error));
  assert.deepEqual([failures.all.length, exits.all], [names.length, []]);
});

test('what a handler gives to destroy() is told, whatever it is', async (t) => {
  const server = await serve(t, { handler: fixture('throws-hostile') });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.send('destroy');
  assert.equal(await client.ending(), 'reset');
  const { reason, detail } = await disconnects.one();
  assert.deepEqual([reason, detail], ['handler-destroy', 'Symbol(odd)']);
});

for (const name of ['a symbol as message', 'a proxy of an error', '20,000 nested causes']) {
  test(`a thread that it ends says so: ${name}`, async (t) => {
    const server = await serve(t, { handler: fixture('throws-hostile') });
    const [disconnects, exits] = [record(server, 'disconnect'), record(server, 'thread-exit')];
    const client = await Client.connect(server);
    client.send(`outside: ${name}`);
    await client.ending();
    for (const { reason, error } of [await exits.one(), await disconnects.one()]) {
      assert.equal(reason, 'thread-crash');
      assert.ok(error instanceof Error);
    }
  });
}
