import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineHandler } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record, recordReports, sorted } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

test('open, message and close are called, each in its time', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('callbacks'), data: channel });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  await client.ask('one');
  client.end('two');
  assert.equal((await client.readAll()).toString(), 'two');
  assert.deepEqual(await reports.first(4), [
    `open ${client.port}`,
    'message one',
    'message two',
    'close peer-end',
  ]);
  assert.equal((await disconnects.one()).reason, 'peer-end');
});

test('close is told the reason', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('callbacks'), data: channel });
  const client = await Client.connect(server);
  await client.ask('one');
  client.reset();
  assert.equal((await reports.first(3))[2], 'close peer-reset');
});

test('drain is called for each connection when the server closes', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('callbacks'), data: channel });
  const clients = [await Client.connect(server), await Client.connect(server)];
  await Promise.all(clients.map((client) => client.ask('one')));
  const closed = server.close();
  const drains = (await reports.first(6)).slice(4);
  assert.deepEqual(sorted(drains), sorted(clients.map(({ port }) => `drain ${port}`)));
  for (const client of clients) client.end();
  await closed;
  assert.deepEqual((await reports.first(8)).slice(6), ['close peer-end', 'close peer-end']);
});

test('a promise of open or message holds back the next message, and their order is kept', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('slow-callbacks'), data: channel });
  const client = await Client.connect(server);
  client.end('one\ntwo\nthree\n');
  await client.readAll();
  assert.deepEqual(await reports.first(8), [
    'open begins',
    'open ends',
    'one begins',
    'one ends',
    'two begins',
    'two ends',
    'three begins',
    'three ends',
  ]);
});

test('no callback is compulsory', async (t) => {
  const server = await serve(t, { handler: fixture('message-only') });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.end('hello');
  assert.equal((await client.readAll()).toString(), 'HELLO');
  assert.equal((await disconnects.one()).reason, 'peer-end');
});

test('defineHandler() refuses what is no callback', () => {
  assert.throws(() => defineHandler({ mesage: () => {} } as object), {
    name: 'TypeError',
    message:
      'handler callback "mesage" isn\'t known: expected open, message, error, drain, close, framing, format, onDrain',
  });
  assert.throws(() => defineHandler({ open: 'later' } as object), {
    name: 'TypeError',
    message: 'handler callback "open" must be a function',
  });
});
