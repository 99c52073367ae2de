import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { needsProc } from '../support/machine.ts';
import { openSockets, runningThreads } from '../support/process-state.ts';
import { record, sorted } from '../support/record.ts';
import { serve, start } from '../support/serve.ts';
import { until } from '../support/wait.ts';

test('a connection and a disconnect for each client, with its peer, thread and numbers', async (t) => {
  const server = await serve(t, { threads: 2 });
  const connections = record(server, 'connection');
  const disconnects = record(server, 'disconnect');
  const clients = await Promise.all(Array.from({ length: 20 }, () => Client.connect(server)));
  await Promise.all(clients.map((client) => client.ask(`I am ${client.port}`)));

  const ports = sorted(clients.map(({ port }) => port));
  assert.deepEqual(sorted(server.connections.map(({ peer }) => peer.port)), ports);
  assert.equal(server.stats().connections, 20);
  assert.deepEqual(server.stats().closed, {});

  for (const [index, client] of clients.entries()) {
    if (index % 4 === 0) client.reset();
    else if (index % 4 === 1) client.send('!DISCONNECT');
    else client.end();
  }
  const ends = await disconnects.first(20);
  const begins = await connections.first(20);
  assert.deepEqual(sorted(ends.map(({ peer }) => peer.port)), ports);
  for (const end of ends) {
    const begin = begins.find(({ id }) => id === end.id);
    assert.ok(begin);
    assert.deepEqual([end.peer, end.local, end.threadId], [begin.peer, begin.local, begin.threadId]);
    assert.deepEqual(end.local, { address: '127.0.0.1', port: server.address?.port, family: 'IPv4' });
    assert.equal(end.bytesWritten, Buffer.byteLength(`I am ${end.peer.port}`));
    assert.ok(end.duration >= 0);
    const index = clients.findIndex(({ port }) => port === end.peer.port);
    const reason = ['peer-reset', 'handler-end', 'peer-end', 'peer-end'][index % 4];
    assert.equal(end.reason, reason);
  }

  assert.deepEqual(server.connections, []);
  const { accepted, closed, connections: live, waiting, dropped } = server.stats();
  assert.deepEqual(
    { accepted, closed, live, waiting, dropped },
    {
      accepted: 20,
      closed: { 'peer-reset': 5, 'handler-end': 5, 'peer-end': 10 },
      live: 0,
      waiting: 0,
      dropped: {},
    },
  );
  assert.deepEqual(
    server.threads.map((thread) => thread.connections),
    [0, 0],
  );
});

test('the numbers of a thread that has ended stay in the sums', async (t) => {
  const server = await serve(t, { threads: 'per-connection', maxThreads: 4 });
  const exits = record(server, 'thread-exit');
  for (const word of ['one', 'three']) {
    const client = await Client.connect(server);
    await client.ask(word);
    client.end();
    await client.readAll();
  }
  await exits.first(2);
  const { bytesRead, bytesWritten, messagesRead, messagesWritten } = server.stats();
  assert.deepEqual([bytesRead, bytesWritten, messagesRead, messagesWritten], [8, 8, 2, 2]);
});

test('after close() no descriptor and no thread is left', needsProc, async () => {
  const before = { sockets: openSockets(), threads: runningThreads() };
  const server = await start({ threads: 2 });
  const clients = await Promise.all(Array.from({ length: 10 }, () => Client.connect(server)));
  await Promise.all(clients.map((client) => client.ask('hello')));
  assert.equal(openSockets(), before.sockets + 21);
  assert.equal(runningThreads(), before.threads + 2);

  const closed = server.close({ timeout: 0 });
  await Promise.all([closed, ...clients.map((client) => client.ending())]);
  await until(
    () => openSockets() === before.sockets,
    () => `no socket left, there are ${openSockets()} instead of ${before.sockets}`,
  );
  assert.equal(runningThreads(), before.threads);
});

test('connections that come and go leave no descriptor while the server runs', needsProc, async (t) => {
  const server = await serve(t);
  const before = openSockets();
  const disconnects = record(server, 'disconnect');
  for (let round = 1; round <= 20; round++) {
    const client = await Client.connect(server);
    await client.ask('hello');
    if (round % 2 === 0) client.reset();
    else client.end();
    await client.ending();
    await disconnects.first(round);
  }
  assert.equal(openSockets(), before);
});
