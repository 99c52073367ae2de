import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { lines } from '../../../src/index.ts';
import { adjust } from '../../../src/main/pool/elastic.ts';
import { Client } from '../../support/client.ts';
import { record } from '../../support/record.ts';
import { fixture, serve } from '../../support/serve.ts';
import { until } from '../../support/wait.ts';
import { Crowd } from '../../support/crowd.ts';
import { threadOf } from '../../support/scene.ts';

const limits = { min: 2, max: 4, idleTimeout: 1000 };
const NOW = 10_000;

/** Threads by utilization; `idleFor` makes one of them idle. */
function pool(utilizations: readonly number[], idleFor: Record<number, number> = {}) {
  return utilizations.map((utilization, index) => ({
    name: index,
    utilization,
    connections: index in idleFor ? 0 : 1,
    idleSince: NOW - (idleFor[index] ?? 5000),
  }));
}

function decide(...args: Parameters<typeof pool>): { grow: boolean; retire: number | undefined } {
  const { grow, retire } = adjust(pool(...args), limits, NOW);
  return { grow, retire: retire?.name };
}

test('a pool grows only while every thread is busy, and not beyond max', () => {
  assert.deepEqual(decide([0.7, 1]), { grow: true, retire: undefined });
  assert.deepEqual(decide([0.69, 1]), { grow: false, retire: undefined });
  assert.deepEqual(decide([1, 1, 1]), { grow: true, retire: undefined });
  assert.deepEqual(decide([1, 1, 1, 1]), { grow: false, retire: undefined });
  assert.deepEqual(decide([1, 1, 1, 0]), { grow: false, retire: undefined });
});

test('a thread that has been idle for idleTimeout retires, the youngest first, and not below min', () => {
  assert.deepEqual(decide([1, 0, 0], { 2: 1000 }), { grow: false, retire: 2 });
  assert.deepEqual(decide([1, 0, 0], { 2: 999 }), { grow: false, retire: undefined });
  assert.deepEqual(decide([0, 0, 0], { 0: 1000, 1: 4000 }), { grow: false, retire: 1 });
  assert.deepEqual(decide([0, 0], { 0: 1000, 1: 1000 }), { grow: false, retire: undefined });
});

test('a thread with a connection never retires, however idle it is', () => {
  assert.deepEqual(decide([0, 0, 0, 0]), { grow: false, retire: undefined });
});

test('a pool grows to max while its threads work, and shrinks when they are left, live clients untouched', async (t) => {
  const threads = { min: 1, max: 3, idleTimeout: 2000 };
  const server = await serve(t, { handler: fixture('works-in-slices'), framing: lines(), threads });
  const [starts, exits] = [record(server, 'thread-start'), record(server, 'thread-exit')];
  const disconnects = record(server, 'disconnect');
  const ready = (): number => server.threads.filter(({ state }) => state === 'ready').length;
  const workers: { client: Client; threadId: number }[] = [];
  for (let size = 1; size <= 3; size++) {
    await until(
      () => ready() === size,
      () => `${size} threads`,
    );
    const client = await Client.connect(server);
    const threadId = await threadOf(server, client);
    assert.ok(workers.every((worker) => worker.threadId !== threadId));
    await client.ask('work\n');
    workers.push({ client, threadId });
  }
  const crowd = await Crowd.connect(server, 30);
  crowd.start();
  for (let turn = 0; turn < 5; turn++) await crowd.goesOn();
  assert.equal(server.threads.length, 3);
  assert.equal(starts.all.length, 2);

  for (const { client } of workers) await client.ask('rest\n');
  const [, , last] = workers;
  const [leaving, rest] = [crowd.on(last!.threadId), crowd.apartFrom(last!.threadId)];
  await leaving.leave();
  last!.client.end();
  const exit = await exits.one();
  assert.deepEqual([exit.threadId, exit.reason, exit.exitCode], [last!.threadId, 'retired', 0]);
  await rest.goesOn();
  assert.equal(server.threads.length, 2);
  assert.ok(
    disconnects.all.every(({ threadId, reason }) => threadId === last!.threadId && reason === 'peer-end'),
  );

  await rest.leave();
  for (const { client } of workers.slice(0, 2)) client.end();
  await exits.first(2);
  assert.equal(server.threads.length, 1);
  await (await Client.connect(server)).ask('hello\n');
  assert.equal(exits.all.length, 2);
});

test('the work of loading a handler is no reason to grow', async (t) => {
  const threads = { min: 1, max: 3, idleTimeout: 60_000 };
  const server = await serve(t, { handler: fixture('loads-hard'), framing: lines(), threads });
  const starts = record(server, 'thread-start');
  // The first samples of the pool.
  await setTimeout(600);
  assert.deepEqual(starts.all, []);
  assert.equal(server.threads.length, 1);
});

test('the replacement of a stalled thread is no surplus, however idle', async (t) => {
  const data = new SharedArrayBuffer(4);
  const threads = { min: 1, max: 1, idleTimeout: 1 };
  const server = await serve(t, {
    handler: fixture('spins'),
    framing: lines(),
    data,
    threads,
    stallTimeout: 300,
  });
  const [starts, exits] = [record(server, 'thread-start'), record(server, 'thread-exit')];
  const recoveries = record(server, 'thread-recovered');
  const client = await Client.connect(server);
  client.send('spin\n');
  const { id } = await starts.one();
  // Several samples of the pool: it would have retired long ago.
  await setTimeout(800);
  assert.ok(exits.all.every(({ threadId }) => threadId !== id));
  const other = await Client.connect(server);
  assert.equal(await threadOf(server, other), id);
  await other.ask('hello\n');

  Atomics.store(new Int32Array(data), 0, 1);
  await client.expect('spin\n');
  await recoveries.one();
  await client.ask('hello\n');
  await other.ask('hello\n');
});
