import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { lines, type MultiThreadServer } from '../../src/index.ts';
import { openSockets, runningThreads } from '../support/process-state.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { until, within } from '../support/wait.ts';
import { assertCountsAgree } from '../support/scene.ts';

const isLinux = process.platform === 'linux';
const CLIENTS = 10_000;
const AT_ONCE = 250;

/** What becomes of a client that connects, asks, takes its answer and leaves; a wrong byte rejects. */
function visit(server: MultiThreadServer, number: number): Promise<'served' | 'closed'> {
  const question = `I am ${number}\n`;
  const socket = connect({ port: server.address!.port, host: '127.0.0.1' });
  let answer = '';
  const result = Promise.withResolvers<'served' | 'closed'>();
  socket.on('connect', () => socket.write(question));
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
    if (!question.startsWith(answer)) result.reject(new Error(`got ${JSON.stringify(answer)}`));
    if (answer === question) socket.end();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') result.reject(error);
  });
  socket.on('close', () => result.resolve(answer === question ? 'served' : 'closed'));
  return within(result.promise, () => `client ${number}: neither served nor closed`);
}

async function visitAll(server: MultiThreadServer, count: number, atOnce: number): Promise<number> {
  let next = 0;
  let served = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) if ((await visit(server, next++)) === 'served') served++;
    }),
  );
  return served;
}

test('10,000 clients while threads die at random: each is served or sees its end, and all counts agree', async (t) => {
  const before = isLinux ? { sockets: openSockets(), threads: runningThreads() } : undefined;
  // A crash is forgotten at once, so that the next thread starts at once.
  const restarts = { maxCrashes: Infinity, crashWindow: 1 };
  const server = await serve(t, {
    threads: 3,
    handler: fixture('dies-at-random'),
    framing: lines(),
    ...restarts,
  });
  const [connections, disconnects] = [record(server, 'connection'), record(server, 'disconnect')];
  const [exits, errors] = [record(server, 'thread-exit'), record(server, 'error')];

  const served = await visitAll(server, CLIENTS, AT_ONCE);
  await until(
    () => server.stats().connections === 0,
    () => `an empty ledger, ${server.stats().connections} are left`,
  );
  assert.ok(served > 0);
  assert.ok(exits.all.length > 0);
  assert.ok(exits.all.every(({ reason }) => reason === 'thread-crash' || reason === 'thread-exit'));
  assert.deepEqual(errors.all, []);

  const { accepted, waiting, dropped, closed } = server.stats();
  assert.deepEqual({ accepted, waiting, dropped }, { accepted: CLIENTS, waiting: 0, dropped: {} });
  assertCountsAgree(server);
  assert.equal(new Set(connections.all.map(({ id }) => id)).size, CLIENTS);
  assert.equal(new Set(disconnects.all.map(({ id }) => id)).size, CLIENTS);
  assert.equal(disconnects.all.length, CLIENTS);
  const expected = new Set(['peer-end', 'peer-reset', 'thread-crash', 'thread-exit']);
  assert.deepEqual(
    Object.keys(closed).filter((reason) => !expected.has(reason)),
    [],
  );
  const ways = new Map(exits.all.map(({ threadId, reason }) => [threadId, reason as string]));
  for (const { reason, threadId } of disconnects.all) {
    if (reason.startsWith('thread-')) assert.equal(reason, ways.get(threadId), 'as its thread ended');
  }

  await until(
    () => server.threads.filter(({ state }) => state === 'ready').length === 3,
    () => 'three threads again',
  );
  await server.close({ timeout: 0 });
  if (!before) return;
  await until(
    () => openSockets() === before.sockets,
    () => `no socket left, there are ${openSockets()} instead of ${before.sockets}`,
  );
  assert.equal(runningThreads(), before.threads);
});

test('the same with a thread for each client', async (t) => {
  const server = await serve(t, {
    threads: 'per-connection',
    maxThreads: 8,
    handler: fixture('dies-at-once-or-later'),
    framing: lines(),
    maxCrashes: Infinity,
    crashWindow: 1,
  });
  const exits = record(server, 'thread-exit');
  const served = await visitAll(server, 18, 9);
  await until(
    () => server.stats().connections === 0,
    () => 'an empty ledger',
  );
  assert.ok(served > 0 && served < 18);
  assert.ok(exits.all.some(({ reason }) => reason === 'thread-exit'));
  assertCountsAgree(server);
  const { accepted, closed } = server.stats();
  assert.equal(accepted, 18);
  const lost = closed['thread-exit'] ?? 0;
  assert.equal((closed['peer-end'] ?? 0) + lost, 18);
});
