import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { text, type ListenOptions } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

async function start(t: TestContext, options: ListenOptions = {}) {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, {
    handler: fixture('answers-error-in-callbacks'),
    data: channel,
    lingerTimeout: 100,
    ...options,
  });
  const [disconnects, failures] = [record(server, 'disconnect'), record(server, 'handler-error')];
  const client = await Client.connect(server);
  return { client, reports, disconnects, failures };
}

for (const [code, sent, options] of [
  ['message-too-large', `one\ntwo\n${'x'.repeat(25)}\nnever\n`, {}],
  [
    'invalid-message',
    Buffer.from('one\ntwo\n\xff\nnever\n', 'latin1'),
    { format: text('utf-8', { fatal: true }) },
  ],
  ['incomplete-message', 'one\ntwo\nhalf', {}],
] as const) {
  test(`callbacks may answer what is no message, after all that were: ${code}`, async (t) => {
    const { client, reports, disconnects, failures } = await start(t, options);
    if (code === 'incomplete-message') client.end(sent);
    else client.send(sent);
    assert.equal((await client.readAll()).toString(), `one\ntwo\nno: ${code}\ngoodbye\n`);
    assert.deepEqual(await reports.first(2), [`error ${code}`, `close ${code}`]);
    const { id, reason, error } = await disconnects.one();
    assert.equal(reason, code);
    assert.ok((error as Error).message.startsWith(`connection ${id}: `));
    assert.deepEqual(failures.all, []);
  });
}

test('an error callback that throws what it was given has done nothing wrong', async (t) => {
  const { client, disconnects, failures } = await start(t);
  client.send(`rethrow\n${'x'.repeat(25)}\n`);
  assert.equal((await client.readAll()).toString(), 'rethrow\nno: message-too-large\ngoodbye\n');
  assert.equal((await disconnects.one()).reason, 'message-too-large');
  assert.deepEqual(failures.all, []);
});

test('one that fails is told; the reason stays, and the connection is reset behind the answer', async (t) => {
  const { client, disconnects, failures } = await start(t);
  const answer = 'throw\nno: message-too-large\ngoodbye\n';
  client.send(`throw\n${'x'.repeat(25)}\n`);
  assert.equal((await client.read(answer.length)).toString(), answer);
  assert.equal(await client.ending(), 'reset');
  assert.equal(((await failures.one()).error as Error).message, 'in error');
  assert.equal((await disconnects.one()).reason, 'message-too-large');
});

test('a handler may destroy the connection in it', async (t) => {
  const { client, reports, disconnects } = await start(t);
  client.send(`destroy\n${'x'.repeat(25)}\n`);
  assert.equal(await client.ending(), 'reset');
  assert.deepEqual(await reports.first(2), ['error message-too-large', 'close message-too-large']);
  assert.equal((await disconnects.one()).reason, 'message-too-large');
});

test('without an error callback the connection ends as before', async (t) => {
  const { client, disconnects } = await start(t, {
    handler: fixture('message-only'),
    framing: { type: 'fixed-length', length: 4 },
  });
  client.end('abcdhalf'.slice(0, 6));
  assert.equal((await client.readAll()).toString(), 'ABCD');
  assert.equal((await disconnects.one()).reason, 'incomplete-message');
});
