import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lines } from '../../../src/index.ts';
import { parseOptions } from '../../../src/options/listen-options.ts';
import { Client } from '../../support/client.ts';
import { folder } from '../../support/folder.ts';
import { record } from '../../support/record.ts';
import { fixture, serve } from '../../support/serve.ts';
import { until } from '../../support/wait.ts';
import { Crowd } from '../../support/crowd.ts';
import { assertCountsAgree, assertLost, scene, threadOf } from '../../support/scene.ts';

/** Handlers spin until it is released. */
function latch(): { data: SharedArrayBuffer; release: () => void } {
  const data = new SharedArrayBuffer(4);
  return { data, release: () => void Atomics.store(new Int32Array(data), 0, 1) };
}

test('a stalled thread gets no clients and a replacement; when it comes back, no connection is touched', async (t) => {
  const { data, release } = latch();
  const all = await scene(t, { handler: fixture('spins'), data, stallTimeout: 500 });
  const { server, threadId, culprit, neighbours, others } = all;
  const starts = record(server, 'thread-start');
  const stalls = record(server, 'thread-stalled');
  const recoveries = record(server, 'thread-recovered');
  const isIt = (event: { threadId: number }): boolean => event.threadId === threadId;
  const state = (): string | undefined => server.threads.find(({ id }) => id === threadId)?.state;

  culprit.send('spin\n');
  await until(
    () => stalls.all.some(isIt),
    () => 'the stall',
  );
  assert.ok(stalls.all.find(isIt)!.silentFor >= 500);
  assert.equal(state(), 'stalled');
  const { id: replacement } = await starts.one();
  const newcomers = await Crowd.connect(server, 30);
  newcomers.start();
  await newcomers.goesOn();
  await others.goesOn();
  assert.equal(newcomers.on(threadId).size, 0);
  assert.ok(newcomers.on(replacement).size > 0);
  assert.equal(state(), 'stalled');
  assertCountsAgree(server);

  release();
  await culprit.expect('spin\n');
  await until(
    () => recoveries.all.some(isIt),
    () => 'the recovery',
  );
  await Promise.all([neighbours, others, newcomers].map((crowd) => crowd.goesOn()));
  await until(
    () => server.threads.filter((thread) => thread.state === 'ready').length === 3,
    () => 'the surplus to retire',
  );
  await Promise.all([neighbours, others, newcomers].map((crowd) => crowd.goesOn()));
  assert.deepEqual(all.disconnects.all, []);

  await Promise.all([neighbours, others, newcomers].map((crowd) => crowd.leave()));
  culprit.end();
  await until(
    () => server.threads.length === 3 && server.stats().connections === 0,
    () => 'three threads without clients',
  );
  assert.deepEqual(server.stats().closed, { 'peer-end': newcomers.size + neighbours.size + others.size + 1 });
  assert.ok(all.exits.all.every(({ reason }) => reason === 'retired'));
});

test('past killStalledAfter its connections end with thread-stall, and the black box tells what it did', async (t) => {
  const directory = join(folder(t), 'not', 'there yet');
  const all = await scene(t, {
    handler: fixture('hangs-in-a-function'),
    stallTimeout: 300,
    killStalledAfter: 1500,
    blackBox: directory,
  });
  const records = record(all.server, 'black-box');
  const ports = [all.culprit.port, ...all.neighbours.ports].toSorted((a, b) => a - b);
  all.culprit.send('hang\n');
  await assertLost(all, 'thread-stall');
  assert.equal((await all.exits.one()).reason, 'thread-stall');

  const boxes = records.all.filter(({ threadId }) => threadId === all.threadId);
  assert.equal(boxes.length, 2, 'one when it stalled, one before its end');
  assert.ok(boxes[0]!.silentFor >= 300);
  assert.ok(boxes[1]!.silentFor >= 1500);
  for (const box of boxes) {
    assert.ok(box.stack, 'the profile came in time');
    assert.match(box.stack[0]!, /^searchesForEver \(file:.*\/hangs-in-a-function\.ts:\d+\)$/);
    assert.ok(box.cpuTime);
    assert.ok(box.cpuTime.user > 0);
    assert.ok(box.heapBytes);
    assert.ok(box.heapBytes.used > 0 && box.heapBytes.used < box.heapBytes.limit);
    assert.ok(box.utilization > 0 && box.utilization <= 1, `utilization ${box.utilization}`);
    assert.ok(Math.abs(Date.now() - box.at) < 600_000);
    assert.deepEqual(
      box.connections.map(({ peer }) => peer.port).toSorted((a, b) => a - b),
      ports,
    );
  }

  const files = readdirSync(directory);
  const written = (kind: string): unknown[] =>
    files
      .filter((file) => file.endsWith(`-thread-${all.threadId}.${kind}`))
      .toSorted()
      .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf-8')) as unknown);
  assert.deepEqual(written('json'), JSON.parse(JSON.stringify(boxes)));
  const profiles = written('cpuprofile') as { nodes: { callFrame: { url: string } }[] }[];
  assert.equal(profiles.length, 2);
  for (const { nodes } of profiles) {
    assert.ok(nodes.some(({ callFrame }) => callFrame.url.endsWith('/hangs-in-a-function.ts')));
  }

  const next = await Client.connect(all.server);
  await next.ask('hello\n');
  await all.others.goesOn();
  await all.others.stop();
  assertCountsAgree(all.server);
});

test('a black box that cannot be written is an error event, and the thread ends all the same', async (t) => {
  const directory = join(folder(t, { file: '' }), 'file');
  const options = { stallTimeout: 300, killStalledAfter: 1000, blackBox: directory, threads: 1 };
  const server = await serve(t, { handler: fixture('spins'), ...options });
  const [errors, disconnects] = [record(server, 'error'), record(server, 'disconnect')];
  const client = await Client.connect(server);
  await client.ask('hello');
  client.send('spin');
  await client.ending();
  assert.equal((await disconnects.one()).reason, 'thread-stall');
  assert.match((await errors.one()).message, /the record of stalled thread 1 can't be written/);
});

test('killStalledAfter below stallTimeout ends a thread as soon as it has stalled', async (t) => {
  const options = { stallTimeout: 750, killStalledAfter: 100 };
  const server = await serve(t, { handler: fixture('spins'), ...options });
  const [stalls, exits] = [record(server, 'thread-stalled'), record(server, 'thread-exit')];
  const client = await Client.connect(server);
  await client.ask('hello');
  client.send('spin');
  await client.ending();
  assert.equal((await exits.one()).reason, 'thread-stall');
  assert.deepEqual(server.stats().closed, { 'thread-stall': 1 });
  assert.ok(stalls.all[0]!.silentFor >= 750);
});

test('a stalled thread that recovers while it is looked into is not killed', async (t) => {
  const { data, release } = latch();
  const server = await serve(t, {
    handler: fixture('spins'),
    data,
    stallTimeout: 300,
    killStalledAfter: 600,
    framing: lines(),
  });
  const recoveries = record(server, 'thread-recovered');
  const client = await Client.connect(server);
  await client.ask('hello\n');
  server.once('thread-stalled', release);
  client.send('spin\n');
  await client.expect('spin\n');
  await recoveries.one();
  await client.ask('still there\n');
  assert.deepEqual(server.stats().closed, {});
});

test('clients handed to a thread that hangs before it takes them end with it; the others are served', async (t) => {
  const options = { stallTimeout: 600, killStalledAfter: 1200, threads: 1, framing: lines() };
  const server = await serve(t, { handler: fixture('spins'), ...options });
  const [connections, disconnects] = [record(server, 'connection'), record(server, 'disconnect')];
  const culprit = await Client.connect(server);
  await culprit.ask('hello\n');
  const threadId = await threadOf(server, culprit);
  culprit.send('spin\n');
  await until(
    () => server.stats().messagesRead === 2,
    () => 'the thread to hang',
  );
  const clients = await Promise.all(Array.from({ length: 60 }, () => Client.connect(server)));
  const handed = await connections.first(61);
  const lost = new Set(handed.filter((each) => each.threadId === threadId).map(({ peer }) => peer.port));
  assert.ok(lost.size > 1 && lost.size <= 33, 'at most 32 unacknowledged ones');
  const served = clients.filter(({ port }) => !lost.has(port));
  assert.ok(served.length > 0);
  await Promise.all(served.map((client) => client.ask('hello\n')));

  await Promise.all(clients.filter(({ port }) => lost.has(port)).map((client) => client.ending()));
  const ends = await disconnects.first(lost.size);
  assert.ok(ends.every((end) => end.reason === 'thread-stall' && lost.has(end.peer.port)));
  await Promise.all(served.map((client) => client.ask('still there\n')));
  assert.equal(disconnects.all.length, lost.size);
  assertCountsAgree(server);
});

test('when every thread stalls, there are at most twice as many, and further clients wait', async (t) => {
  const { data, release } = latch();
  const options = { threads: 2, stallTimeout: 300, framing: lines() };
  const server = await serve(t, { handler: fixture('spins'), data, ...options });
  let most = 0;
  server.on('thread-start', () => {
    most = Math.max(most, server.threads.length);
  });
  const stalls = record(server, 'thread-stalled');
  const hung = new Set<number>();
  const spinning: Client[] = [];
  while (hung.size < 4) {
    const client = await Client.connect(server);
    const threadId = await threadOf(server, client);
    client.send('spin\n');
    spinning.push(client);
    hung.add(threadId);
    await until(
      () => stalls.all.some((stall) => stall.threadId === threadId),
      () => `the stall of thread ${threadId}`,
    );
  }
  assert.equal(server.threads.length, 4);
  assert.ok(server.threads.every(({ state }) => state === 'stalled'));
  const waiting = await Client.connect(server);
  waiting.send('hello\n');
  await until(
    () => server.stats().waiting === 1,
    () => 'a client that waits',
  );
  assert.equal(server.threads.length, 4);

  release();
  await Promise.all(spinning.map((client) => client.expect('spin\n')));
  await waiting.expect('hello\n');
  assert.deepEqual(server.stats().closed, {});
  for (const client of [...spinning, waiting]) client.end();
  await until(
    () => server.threads.length === 2,
    () => 'the surplus to be gone',
  );
  assert.equal(most, 4);
  await (await Client.connect(server)).ask('hello\n');
});

test("with 'per-connection' threads are watched only when stallTimeout says so", async (t) => {
  assert.equal(parseOptions({ threads: 'per-connection' }).stallTimeout, 0);
  assert.equal(parseOptions({ threads: 'per-connection', stallTimeout: 7 }).stallTimeout, 7);
  assert.equal(parseOptions({ threads: 2 }).stallTimeout, 5000);

  const { data, release } = latch();
  const options = { threads: 'per-connection', killStalledAfter: 1, framing: lines(), data } as const;
  const server = await serve(t, { handler: fixture('spins'), ...options });
  const stalls = record(server, 'thread-stalled');
  const [blocked, other] = [await Client.connect(server), await Client.connect(server)];
  blocked.send('spin\n');
  for (let round = 0; round < 50; round++) await other.ask(`${round}\n`);
  release();
  await blocked.expect('spin\n');
  assert.deepEqual(stalls.all, []);
});

test("with 'per-connection' and a stallTimeout a hanging thread costs its one client", async (t) => {
  const options = { threads: 'per-connection', stallTimeout: 300, killStalledAfter: 900 } as const;
  const server = await serve(t, { handler: fixture('spins'), framing: lines(), ...options });
  const disconnects = record(server, 'disconnect');
  const [hung, other] = [await Client.connect(server), await Client.connect(server)];
  await Promise.all([hung.ask('hello\n'), other.ask('hello\n')]);
  hung.send('spin\n');
  await hung.ending();
  const { peer, reason } = await disconnects.one();
  assert.deepEqual([peer.port, reason], [hung.port, 'thread-stall']);
  await other.ask('still there\n');
  await (await Client.connect(server)).ask('hello\n');
});
