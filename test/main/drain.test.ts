import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lines } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { until, within } from '../support/wait.ts';
import { Crowd } from '../support/crowd.ts';
import { threadOf } from '../support/scene.ts';

const NEVER = 600_000;

test('when the server closes, every client gets its answers and a goodbye', async (t) => {
  const server = await serve(t, { threads: 2, handler: fixture('says-goodbye'), framing: lines() });
  const clients = await Promise.all(Array.from({ length: 60 }, () => Client.connect(server)));
  await Promise.all(clients.map((client) => client.ask('hello\n')));
  const closed = server.close({ timeout: NEVER });
  const farewells = await Promise.all(clients.map((client) => client.readAll()));
  assert.ok(farewells.every((farewell) => farewell.toString() === 'goodbye\n'));
  await within(closed, () => 'close()');
  assert.deepEqual(server.stats().closed, { 'peer-end': 60 });
});

test('a crowd that goes on while the server closes loses nothing', async (t) => {
  const server = await serve(t, { threads: 2, framing: lines(), onDrain: 'wait' });
  const { address } = server;
  const crowd = await Crowd.connect(server, 80);
  crowd.start();
  await crowd.goesOn();
  const closed = server.close({ timeout: NEVER });
  await assert.rejects(Client.connect({ address }), { code: 'ECONNREFUSED' });
  await crowd.goesOn();
  assert.equal(server.stats().connections, 80);
  await crowd.leave();
  await within(closed, () => 'close()');
  assert.deepEqual(server.stats().closed, { 'peer-end': 80 });
});

test('past the deadline a crowd ends with server-drain, and no wrong byte', async (t) => {
  const server = await serve(t, { threads: 2, framing: lines(), onDrain: 'wait' });
  const disconnects = record(server, 'disconnect');
  const crowd = await Crowd.connect(server, 80);
  crowd.start();
  await crowd.goesOn();
  await within(server.close({ timeout: 300 }), () => 'close()');
  await crowd.ended();
  assert.deepEqual(server.stats().closed, { 'server-drain': 80 });
  assert.ok(disconnects.all.every(({ bytesRead, bytesWritten }) => bytesRead! > 0 && bytesWritten! > 0));
});

test('clients that come while a server closes under load are refused or dropped, none is left', async (t) => {
  const server = await serve(t, { threads: 2, framing: lines() });
  const { address } = server;
  const arrivals = Array.from({ length: 100 }, () => Client.connect({ address }).catch(() => undefined));
  await server.close({ timeout: 0 });
  const clients = (await Promise.all(arrivals)).filter((client) => client !== undefined);
  await Promise.all(clients.map((client) => client.ending()));
  const { connections, waiting, closed, dropped } = server.stats();
  assert.deepEqual({ connections, waiting }, { connections: 0, waiting: 0 });
  const expected = new Set(['server-drain', 'peer-reset']);
  assert.ok([...Object.keys(closed), ...Object.keys(dropped)].every((reason) => expected.has(reason)));
});

test('a thread that crashes while the server closes ends its clients with thread-crash', async (t) => {
  const server = await serve(t, {
    threads: 2,
    handler: fixture('fails-outside'),
    framing: lines(),
    onDrain: 'wait',
  });
  const [exits, starts] = [record(server, 'thread-exit'), record(server, 'thread-start')];
  const [culprit, other] = [await Client.connect(server), await Client.connect(server)];
  await Promise.all([culprit.ask('hello\n'), other.ask('hello\n')]);
  const threadId = await threadOf(server, culprit);
  const closed = server.close({ timeout: NEVER });
  culprit.send('timer\n');
  assert.equal(await culprit.ending(), 'reset');
  await until(
    () => exits.all.some((exit) => exit.threadId === threadId && exit.reason === 'thread-crash'),
    () => 'the crash',
  );
  await other.ask('still there\n');
  other.end();
  await within(closed, () => 'close()');
  assert.deepEqual(server.stats().closed, { 'thread-crash': 1, 'peer-end': 1 });
  assert.deepEqual(starts.all, []);
});
