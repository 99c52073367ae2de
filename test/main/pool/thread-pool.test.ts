import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../../support/client.ts';
import { record } from '../../support/record.ts';
import { fixture, serve } from '../../support/serve.ts';

const handler = fixture('thread-id');

test('two clients are served by two threads', async (t) => {
  const server = await serve(t, { threads: 2, handler });
  const connections = record(server, 'connection');
  const clients = [await Client.connect(server), await Client.connect(server)];
  const served = await Promise.all(clients.map((client) => client.readLine()));
  assert.notEqual(served[0], served[1]);
  assert.deepEqual(
    connections.all.map(({ threadId }) => String(threadId)),
    served,
  );
});

test('each new client goes to the thread with the fewest', async (t) => {
  const server = await serve(t, { threads: 2, handler });
  const disconnects = record(server, 'disconnect');
  const clients: Client[] = [];
  const served: string[] = [];
  for (let index = 0; index < 4; index++) {
    const client = await Client.connect(server);
    clients.push(client);
    served.push(await client.readLine());
  }
  assert.deepEqual(
    server.threads.map(({ connections }) => connections),
    [2, 2],
  );

  const [emptied] = served;
  const leaving = clients.filter((_, index) => served[index] === emptied);
  for (const client of leaving) client.end();
  await disconnects.first(2);
  for (let index = 0; index < 2; index++) {
    assert.equal(await (await Client.connect(server)).readLine(), emptied);
  }
  assert.deepEqual(
    server.threads.map(({ connections }) => connections),
    [2, 2],
  );
});

test('short connections one after the other take turns on the threads', async (t) => {
  const server = await serve(t, { threads: 2, handler });
  const disconnects = record(server, 'disconnect');
  for (let index = 1; index <= 4; index++) {
    const client = await Client.connect(server);
    client.end();
    await client.readAll();
    await disconnects.first(index);
  }
  assert.deepEqual(
    server.threads.map(({ served }) => served),
    [2, 2],
  );
});

test('a thread that is blocked costs the clients of the other nothing', async (t) => {
  const server = await serve(t, { threads: 2, handler: fixture('spins') });
  const [blocked, other] = [await Client.connect(server), await Client.connect(server)];
  await Promise.all([blocked.ask('hello'), other.ask('hello')]);
  blocked.send('spin');
  for (let round = 0; round < 100; round++) await other.ask(`round ${round}`);
});
