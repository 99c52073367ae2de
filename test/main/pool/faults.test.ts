import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Client } from '../../support/client.ts';
import { record } from '../../support/record.ts';
import { fixture, serve } from '../../support/serve.ts';
import { until } from '../../support/wait.ts';
import { lines } from '../../../src/index.ts';
import { assertCountsAgree, assertLost, scene, threadOf, type Scene } from '../../support/scene.ts';
import { MUCH } from '../../fixtures/sends-half.ts';

/** Everybody but the culprit, its neighbours in the thread included, lost nothing. */
async function assertAlone({ neighbours, others, exits, server }: Scene): Promise<void> {
  await neighbours.goesOn();
  await others.goesOn();
  await Promise.all([neighbours.stop(), others.stop()]);
  assert.deepEqual(exits.all, []);
  assertCountsAgree(server);
}

function throwingScene(t: TestContext): Promise<Scene & { isArmed: Int32Array }> {
  const data = new SharedArrayBuffer(4);
  const options = { handler: fixture('throws-on-demand'), data };
  return scene(t, options).then((all) => ({ ...all, isArmed: new Int32Array(data) }));
}

test('a handler that throws in open costs that client alone', async (t) => {
  const all = await throwingScene(t);
  const errors = record(all.server, 'handler-error');
  Atomics.store(all.isArmed, 0, 1);
  const late = await Client.connect(all.server);
  assert.equal(await late.ending(), 'reset');
  Atomics.store(all.isArmed, 0, 0);
  const { error, peer, threadId, id } = await errors.one();
  assert.equal((error as Error).message, "can't do open");
  const end = await all.disconnects.one();
  assert.deepEqual([end.peer, end.threadId, end.id, end.reason], [peer, threadId, id, 'handler-error']);
  await all.culprit.ask('hello\n');
  await assertAlone(all);
  assert.equal(errors.all.length, 1);
});

test('a handler that throws in message costs that client alone', async (t) => {
  const all = await throwingScene(t);
  const errors = record(all.server, 'handler-error');
  await all.culprit.ask('fail in message\n');
  all.culprit.send('now\n');
  assert.equal(await all.culprit.ending(), 'reset');
  assert.equal(((await errors.one()).error as Error).message, "can't do message");
  assert.equal((await all.disconnects.one()).reason, 'handler-error');
  await assertAlone(all);
  assert.deepEqual(all.server.stats().closed, { 'handler-error': 1 });
});

test('a handler that throws in close changes no reason and costs nobody', async (t) => {
  const all = await throwingScene(t);
  const errors = record(all.server, 'handler-error');
  await all.culprit.ask('fail in close\n');
  all.culprit.end();
  await all.culprit.ending();
  assert.equal(((await errors.one()).error as Error).message, "can't do close");
  assert.equal((await all.disconnects.one()).reason, 'peer-end');
  await assertAlone(all);
  assert.deepEqual(all.server.stats().closed, { 'peer-end': 1 });
});

test('a handler that throws in drain costs that client alone', async (t) => {
  const all = await throwingScene(t);
  const errors = record(all.server, 'handler-error');
  await all.culprit.ask('fail in drain\n');
  await all.server.reload({ timeout: 600_000 });
  assert.equal(await all.culprit.ending(), 'reset');
  assert.equal(((await errors.one()).error as Error).message, "can't do drain");
  assert.equal((await all.disconnects.one()).reason, 'handler-error');
  await all.neighbours.goesOn();
  await all.others.goesOn();
  await Promise.all([all.neighbours.leave(), all.others.leave()]);
  await all.exits.first(3);
  assert.deepEqual(
    all.exits.all.map(({ reason }) => reason),
    ['retired', 'retired', 'retired'],
  );
});

const deaths = [
  ['timer', 'an exception in a timer', 'thread-crash', 1],
  ['rejection', 'a rejection nobody handles', 'thread-crash', 1],
  ['exit', 'process.exit()', 'thread-exit', 3],
] as const;
for (const [message, name, reason, exitCode] of deaths) {
  test(`${name} ends the clients of its thread, and the others lose nothing`, async (t) => {
    const all = await scene(t, { handler: fixture('fails-outside') });
    const starts = record(all.server, 'thread-start');
    all.culprit.send(`${message}\n`);
    await assertLost(all, reason);
    const exit = await all.exits.one();
    assert.deepEqual([exit.threadId, exit.reason, exit.exitCode], [all.threadId, reason, exitCode]);

    const { id } = await starts.one();
    const next = await Client.connect(all.server);
    await next.ask('hello\n');
    assert.equal(await threadOf(all.server, next), id, 'the new thread has the fewest');
    await all.others.goesOn();
    await all.others.stop();
    assertCountsAgree(all.server);
  });
}

test('a heap leak ends the clients of its thread, and the others lose nothing', async (t) => {
  const all = await scene(t, { handler: fixture('leaks-heap'), threadMemoryLimit: 32 });
  all.culprit.send('leak\n');
  await assertLost(all, 'thread-memory');
  const exit = await all.exits.one();
  assert.equal(exit.reason, 'thread-memory');
  assert.equal((exit.error as NodeJS.ErrnoException).code, 'ERR_WORKER_OUT_OF_MEMORY');
  await all.others.goesOn();
  await all.others.stop();
  assertCountsAgree(all.server);
});

test('a thread that is terminated in mid-message has sent no wrong byte, and the others lose nothing', async (t) => {
  const options = { stallTimeout: 300, killStalledAfter: 1000, threads: 2 };
  const framing = lines({ maxLength: 2 * MUCH.length });
  const server = await serve(t, { handler: fixture('sends-half'), framing, ...options });
  const disconnects = record(server, 'disconnect');
  const [reader, other] = [await Client.connect(server), await Client.connect(server)];
  await Promise.all([reader.ask('hello\n'), other.ask('hello\n')]);
  const threadId = await threadOf(server, reader);
  assert.notEqual(await threadOf(server, other), threadId);
  let received = '';
  reader.socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  // It mustn't keep up with the thread.
  reader.socket.pause();
  server.once('thread-exit', () => reader.socket.resume());
  reader.send('much\nhalf of the next');
  await reader.ending();
  assert.ok(received.length > 0);
  assert.ok(received.length < MUCH.length);
  assert.ok(MUCH.startsWith(received));
  const { peer, reason } = await disconnects.one();
  assert.deepEqual([peer.port, reason], [reader.port, 'thread-stall']);
  await other.ask('still there\n');
  assert.equal(disconnects.all.length, 1);
});

test('a thread that dies while a FIN of its own is under way ends all the same', async (t) => {
  const server = await serve(t, { handler: fixture('ends-twice'), threads: 2 });
  const [disconnects, exits] = [record(server, 'disconnect'), record(server, 'thread-exit')];
  const client = await Client.connect(server);
  client.send('exit');
  await client.ending();
  assert.equal((await exits.one()).reason, 'thread-exit');
  assert.equal((await disconnects.one()).reason, 'thread-exit');
});

test('a connection that is destroyed while its FIN is under way leaves the ledger', async (t) => {
  const server = await serve(t, { handler: fixture('ends-twice') });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.send('destroy');
  await client.ending();
  assert.equal((await disconnects.one()).reason, 'handler-destroy');
  assert.deepEqual(server.connections, []);
});

test('a thread that blocks 200 ms of every 500 is left alone when stallTimeout allows it', async (t) => {
  const all = await scene(t, { handler: fixture('blocks-regularly'), stallTimeout: 10_000 });
  const stalls = record(all.server, 'thread-stalled');
  await all.culprit.ask('block\n');
  const end = performance.now() + 1300;
  while (performance.now() < end) await all.neighbours.goesOn();
  await all.culprit.ask('hello\n');
  assert.deepEqual(stalls.all, []);
  await assertAlone(all);
});

test('a thread that blocks 200 ms of every 500 is stalled and recovers again and again', async (t) => {
  const all = await scene(t, { handler: fixture('blocks-regularly'), stallTimeout: 100 });
  const stalls = record(all.server, 'thread-stalled');
  const recoveries = record(all.server, 'thread-recovered');
  const own = ({ threadId }: { threadId: number }): boolean => threadId === all.threadId;
  await all.culprit.ask('block\n');
  await until(
    () => stalls.all.filter(own).length >= 2 && recoveries.all.filter(own).length >= 2,
    () => 'two stalls',
  );
  for (const { silentFor } of stalls.all) assert.ok(silentFor >= 100);
  await all.culprit.ask('hello\n');
  await all.neighbours.goesOn();
  await all.others.goesOn();
  await Promise.all([all.neighbours.stop(), all.others.stop()]);
  assert.deepEqual(all.disconnects.all, []);
  assert.ok(all.exits.all.every(({ reason }) => reason === 'retired'));
});
