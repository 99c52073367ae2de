import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lines, raw } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { dial } from '../support/dial.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { framing } from '../fixtures/netstrings.ts';
import { receiveAll } from '../support/receive-all.ts';

const COUNT = 5000;

test("a handler module's own framing, however its bytes arrive", async (t) => {
  const client = await Client.connect(await serve(t, { handler: fixture('netstrings') }));
  await client.ask('3:who,', '16:netstrings utf-8,');
  client.send('0:,1:a,');
  await client.expect('0:,1:A,');
  for (const piece of ['5', ':gr', 'ü', 'n,3:a:', 'b,']) {
    client.send(piece);
    await new Promise(setImmediate);
  }
  await client.expect('5:GRÜN,3:A:B,');
});

test("a framing of one's own on both sides, thousands of messages each way", async (t) => {
  const server = await serve(t, { handler: fixture('netstrings') });
  await using client = await dial(server, { framing });
  const received = receiveAll(client);
  const questions = Array.from({ length: COUNT }, (_, index) => `message, ${index}: ü`);
  for (const question of questions) await client.send(question);
  client.end();
  assert.deepEqual(
    await received,
    questions.map((question) => question.toUpperCase()),
  );
});

test('what a framing of its own finds invalid ends the connection with that reason', async (t) => {
  const server = await serve(t, { handler: fixture('netstrings') });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.send('2:ok,x:');
  assert.equal((await client.readAll()).toString(), '2:OK,');
  const { id, reason, error } = await disconnects.one();
  assert.equal(reason, 'invalid-message');
  assert.equal((error as Error).message, `connection ${id}: netstrings: no length`);
});

test('a fault of the framing is one of the handler, and ends one connection', async (t) => {
  const server = await serve(t, { handler: fixture('netstrings') });
  const disconnects = record(server, 'disconnect');
  const failures = record(server, 'handler-error');
  const [other, client] = [await Client.connect(server), await Client.connect(server)];
  client.send('666:');
  assert.equal(await client.ending(), 'reset');
  const { id, reason, error } = await disconnects.one();
  assert.deepEqual([reason, (error as Error).message], ['handler-error', 'a fault of the framing']);
  assert.equal((await failures.one()).id, id);
  await other.ask('3:who,', '16:netstrings utf-8,');
});

test('defineHandler() brings its protocol, a framing of its own included', async (t) => {
  const client = await Client.connect(await serve(t, { handler: fixture('netstring-callbacks') }));
  await client.ask('24:{"item":"tea","count":1},', '24:{"item":"TEA","count":2},');
});

test("listen's options win over an exported framing, each by itself", async (t) => {
  const framed = await Client.connect(await serve(t, { handler: fixture('netstrings'), framing: lines() }));
  await framed.ask('who\n', 'lines utf-8\n');
  const formatted = await Client.connect(await serve(t, { handler: fixture('netstrings'), format: 'hex' }));
  await formatted.ask('2:\x0a\x0b,', '2:\x0a\x0b,');
});

test("listen's options win over those of defineHandler()", async (t) => {
  const options = { handler: fixture('netstring-callbacks'), framing: raw() };
  const client = await Client.connect(await serve(t, options));
  await client.ask('{"item":"tea","count":1}', '{"item":"TEA","count":2}');
});
