import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lines, type BalancedThread, type Balancer } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { needsLoopbackNetwork } from '../support/machine.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { until } from '../support/wait.ts';
import { threadOf } from '../support/scene.ts';
import { visit } from '../support/visitor.ts';

test('round-robin takes the threads in turn, whoever has left meanwhile', async (t) => {
  const server = await serve(t, { threads: 3, balance: 'round-robin', handler: fixture('thread-id') });
  const disconnects = record(server, 'disconnect');
  const served: string[] = [];
  for (let count = 1; count <= 9; count++) {
    const client = await Client.connect(server);
    served.push(await client.readLine());
    if (count % 2 === 0) continue;
    client.end();
    await client.ending();
    await disconnects.first((count + 1) / 2);
  }
  assert.deepEqual(served, ['1', '2', '3', '1', '2', '3', '1', '2', '3']);
});

test(
  'source-address has each address on its thread, also when other threads come and go',
  needsLoopbackNetwork,
  async (t) => {
    const server = await serve(t, {
      threads: 3,
      balance: 'source-address',
      handler: fixture('fails-outside'),
    });
    const starts = record(server, 'thread-start');
    const sources = Array.from({ length: 24 }, (_, index) => `127.0.1.${index + 1}`);
    const look = async (address: string): Promise<number> => {
      const visitor = await visit(server, address);
      assert.ok(visitor.isServed);
      return server.connections.find(
        ({ peer: { port, address: from } }) => from === address && port === visitor.port,
      )!.threadId!;
    };
    const before = new Map<string, number>();
    for (const address of sources) before.set(address, await look(address));
    assert.equal(new Set(before.values()).size, 3);
    for (const address of sources) assert.equal(await look(address), before.get(address));

    const [first] = sources;
    const dying = before.get(first!)!;
    (await visit(server, first!)).socket.write('exit');
    const { id } = await starts.one();
    for (const address of sources) {
      const now = await look(address);
      if (before.get(address) === dying) assert.notEqual(now, dying);
      else assert.ok(now === before.get(address) || now === id);
    }
  },
);

test('a function of your own chooses; it sees what it is meant to see', async (t) => {
  const seen: unknown[] = [];
  const balance: Balancer = (threads, from) => {
    seen.push([threads.map((each) => ({ ...each })), from.address]);
    return threads.at(-1)!;
  };
  const server = await serve(t, { threads: 2, handler: fixture('thread-id'), balance });
  for (let count = 0; count < 3; count++) assert.equal(await (await Client.connect(server)).readLine(), '2');
  assert.deepEqual(
    seen,
    [0, 1, 2].map((connections) => [
      [
        { id: 1, connections: 0, hasRoom: true },
        { id: 2, connections, hasRoom: true },
      ],
      '127.0.0.1',
    ]),
  );
});

const nonsense: readonly (readonly [name: string, balance: () => unknown, message: RegExp])[] = [
  [
    'throws',
    () => {
      throw new RangeError("can't choose");
    },
    /can't choose/,
  ],
  ['returns nothing', () => undefined, /must return one of the threads/],
  ['returns null', () => null, /must return one of the threads/],
  [
    'returns a thread that is none',
    () => ({ id: 99, connections: 0, hasRoom: true }),
    /must return one of the threads/,
  ],
  [
    'returns a promise',
    () => Promise.resolve({ id: 1, connections: 0, hasRoom: true }),
    /must return one of the threads/,
  ],
];
for (const [name, choose, message] of nonsense) {
  test(`when a function of your own ${name}, that client is dropped, and the server goes on`, async (t) => {
    let isWell = false;
    const balance: Balancer = (threads) => (isWell ? threads[0]! : (choose() as BalancedThread));
    const server = await serve(t, { balance });
    const [drops, errors] = [record(server, 'drop'), record(server, 'error')];
    const client = await Client.connect(server);
    assert.equal(await client.ending(), 'reset');
    const { reason, peer: from, error } = await drops.one();
    assert.deepEqual([reason, from?.address], ['balancer-error', '127.0.0.1']);
    assert.match((error as Error).message, message);
    assert.deepEqual(server.stats().dropped, { 'balancer-error': 1 });
    assert.deepEqual(server.connections, []);
    isWell = true;
    await (await Client.connect(server)).ask('hello');
    assert.deepEqual(errors.all, []);
  });
}

test('a client whose thread was chosen without room waits for that thread', async (t) => {
  const data = new SharedArrayBuffer(4);
  const server = await serve(t, {
    threads: 2,
    balance: (threads) => threads[0]!,
    handler: fixture('spins'),
    framing: lines(),
    data,
    stallTimeout: 0,
  });
  const first = await Client.connect(server);
  const threadId = await threadOf(server, first);
  first.send('spin\n');
  await until(
    () => server.stats().messagesRead === 1,
    () => 'the thread to spin',
  );
  const clients = await Promise.all(Array.from({ length: 40 }, () => Client.connect(server)));
  await until(
    () => server.stats().waiting === 8,
    () => `8 clients that wait, ${server.stats().waiting} do`,
  );
  Atomics.store(new Int32Array(data), 0, 1);
  await Promise.all(clients.map((client) => client.ask('hello\n')));
  assert.ok(server.connections.every((connection) => connection.threadId === threadId));
  assert.equal(server.stats().waiting, 0);
});
