import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { lines, type ListenOptions, type MultiThreadServer } from '../../../src/index.ts';
import { folder, saying } from '../../support/folder.ts';
import { Client } from '../../support/client.ts';
import { record, recordReports, sorted } from '../../support/record.ts';
import { fixture, serve } from '../../support/serve.ts';
import { until, within } from '../../support/wait.ts';
import { Crowd } from '../../support/crowd.ts';
import { assertCountsAgree, threadOf } from '../../support/scene.ts';

const NEVER = 600_000;

/** A server whose handler's source can be changed. */
async function serveSource(
  t: TestContext,
  source: string,
  options: ListenOptions = {},
): Promise<{ server: MultiThreadServer; write: (source: string) => void }> {
  const path = join(folder(t, { 'handler.mjs': source }), 'handler.mjs');
  const server = await serve(t, { threads: 2, handler: path, framing: lines(), ...options });
  return { server, write: (text) => writeFileSync(path, text) };
}

const states = (server: MultiThreadServer): string[] => server.threads.map(({ state }) => state).toSorted();

test('after reload() new clients get the new code, the old ones keep the old until they leave', async (t) => {
  const { server, write } = await serveSource(t, saying('one'));
  const [reloads, exits] = [record(server, 'reload'), record(server, 'thread-exit')];
  const old = [await Client.connect(server), await Client.connect(server)];
  await Promise.all(old.map((client) => client.ask('a\n', 'one a\n')));

  write(saying('two'));
  await server.reload({ timeout: NEVER });
  assert.deepEqual(reloads.all.length, 1);
  assert.deepEqual(states(server), ['ready', 'ready', 'retiring', 'retiring']);
  const next = await Client.connect(server);
  await next.ask('b\n', 'two b\n');
  await Promise.all(old.map((client) => client.ask('c\n', 'one c\n')));
  assertCountsAgree(server);

  for (const client of old) client.end();
  await exits.first(2);
  assert.deepEqual(
    sorted(exits.all.map(({ threadId, reason, exitCode }) => `${threadId} ${reason} ${exitCode}`)),
    ['1 retired 0', '2 retired 0'],
  );
  assert.deepEqual(states(server), ['ready', 'ready']);
  await next.ask('d\n', 'two d\n');
  assert.deepEqual(server.stats().closed, { 'peer-end': 2 });
});

test("old connections' signals are aborted, and a handler that heeds it ends", async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('reports-signal'), data: channel });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  await client.ask('heed');
  await server.reload({ timeout: NEVER });
  assert.equal((await client.readAll()).toString(), '');
  assert.equal((await disconnects.one()).reason, 'handler-end');
  await (await Client.connect(server)).ask('hello');
  assert.deepEqual(await reports.first(3), ['begins unaborted', 'aborted', 'begins unaborted']);
});

test('drain callbacks of the old connections may say goodbye', async (t) => {
  const server = await serve(t, { handler: fixture('says-goodbye') });
  const client = await Client.connect(server);
  await client.ask('hello');
  await server.reload({ timeout: NEVER });
  assert.equal((await client.readAll()).toString(), 'goodbye');
  await (await Client.connect(server)).ask('hello');
});

test('old connections that are left at the deadline end with server-drain, the new ones stay', async (t) => {
  const { server } = await serveSource(t, saying('one'));
  const disconnects = record(server, 'disconnect');
  const old = [await Client.connect(server), await Client.connect(server)];
  await Promise.all(old.map((client) => client.ask('a\n', 'one a\n')));
  await server.reload({ timeout: 200 });
  const next = await Client.connect(server);
  await next.ask('b\n', 'one b\n');
  assert.deepEqual(await Promise.all(old.map((client) => client.ending())), ['reset', 'reset']);
  const ends = await disconnects.first(2);
  assert.deepEqual(
    ends.map(({ reason }) => reason),
    ['server-drain', 'server-drain'],
  );
  await next.ask('c\n', 'one c\n');
  await until(
    () => server.threads.length === 2,
    () => 'the old threads to be gone',
  );
});

test('an old thread that hangs is gone after the deadline, its client with server-drain', async (t) => {
  const server = await serve(t, { handler: fixture('spins'), framing: lines() });
  const [disconnects, exits] = [record(server, 'disconnect'), record(server, 'thread-exit')];
  const client = await Client.connect(server);
  await client.ask('hello\n');
  client.send('spin\n');
  await until(
    () => server.stats().messagesRead === 2,
    () => 'the thread to hang',
  );
  await server.reload({ timeout: 50 });
  await (await Client.connect(server)).ask('hello\n');
  await client.ending();
  assert.equal((await disconnects.one()).reason, 'server-drain');
  assert.equal((await exits.one()).reason, 'terminated');
});

const failures: readonly (readonly [name: string, source: string, error: string, message: RegExp])[] = [
  ['is no JavaScript', 'export default (', 'HandlerLoadError', /can't be loaded: Unexpected end of input/],
  ['throws', "throw new RangeError('no luck');", 'HandlerLoadError', /can't be loaded: no luck/],
  ['has no default export', 'export const a = 1;', 'HandlerLoadError', /its default export must be/],
  [
    'is never ready',
    'export default () => {}; export const setup = () => new Promise(() => {});',
    'HandlerLoadError',
    /it wasn't ready within 2000 ms \(startTimeout\)/,
  ],
  ['exits', 'process.exit(3);', 'ThreadError', /exited with code 3 before it was ready/],
];
for (const [name, source, errorName, message] of failures) {
  // Short where it has to pass, else long enough for the slowest machine.
  const options = name === 'is never ready' ? { startTimeout: 2000 } : {};
  test(`when the new handler ${name}, reload() rejects and the old threads go on`, async (t) => {
    const { server, write } = await serveSource(t, saying('one'), options);
    const [reloads, errors] = [record(server, 'reload'), record(server, 'error')];
    const before = server.threads.map(({ id, state }) => ({ id, state }));
    const old = await Client.connect(server);
    await old.ask('a\n', 'one a\n');
    write(source);
    const reloaded = server.reload({ timeout: 0 });
    reloaded.catch(() => {});
    await old.ask('b\n', 'one b\n');
    await assert.rejects(reloaded, { name: errorName, message });

    await until(
      () => server.threads.length === 2,
      () => 'the new threads to be gone',
    );
    assert.deepEqual(
      server.threads.map(({ id, state }) => ({ id, state })),
      before,
    );
    await old.ask('c\n', 'one c\n');
    await (await Client.connect(server)).ask('d\n', 'one d\n');
    assert.deepEqual(server.stats().closed, {});
    assert.deepEqual([reloads.all, errors.all], [[], []]);

    write(saying('two'));
    await server.reload({ timeout: NEVER });
    await (await Client.connect(server)).ask('e\n', 'two e\n');
  });
}

/** Clients that come one after the other, say hello and leave: anything else than an answer and an end rejects. */
class Visitors {
  served = 0;
  readonly #port: number;
  readonly #lanes: Promise<unknown>;
  #isOn = true;

  constructor(server: MultiThreadServer, atOnce: number) {
    this.#port = server.address!.port;
    this.#lanes = Promise.all(Array.from({ length: atOnce }, () => this.#lane()));
    this.#lanes.catch(() => {});
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#lanes;
  }

  async #lane(): Promise<void> {
    while (this.#isOn) {
      await within(this.#visit(), () => 'a visitor to be served');
      this.served++;
    }
  }

  #visit(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(this.#port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
      if (answer === 'hello\n') socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => (answer === 'hello\n' ? resolve() : reject(new Error(`answered ${answer}`))));
    socket.write('hello\n');
    return promise;
  }
}

test('20 reloads under load refuse nobody and drop nobody before the deadline', async (t) => {
  const server = await serve(t, { threads: 1, framing: lines() });
  const [reloads, starts, exits] = [
    record(server, 'reload'),
    record(server, 'thread-start'),
    record(server, 'thread-exit'),
  ];
  const disconnects = record(server, 'disconnect');
  const crowd = await Crowd.connect(server, 40);
  crowd.start();
  const coming = new Visitors(server, 2);
  for (let round = 1; round <= 20; round++) {
    const { served } = coming;
    await server.reload({ timeout: NEVER });
    await until(
      () => coming.served > served,
      () => 'visitors',
    );
    if (round % 5 === 0) await crowd.goesOn();
  }
  await coming.stop();
  await crowd.leave();
  await until(
    () => server.threads.length === 1 && server.stats().connections === 0,
    () => 'one thread without clients',
  );
  assert.equal(reloads.all.length, 20);
  assert.equal(starts.all.length, 20);
  assert.equal(exits.all.filter(({ reason }) => reason === 'retired').length, 20);
  assert.equal(exits.all.length, 20);
  assert.ok(disconnects.all.every(({ reason }) => reason === 'peer-end'));
  assert.equal(disconnects.all.length, 40 + coming.served);
  assert.deepEqual(server.stats().dropped, {});
  assertCountsAgree(server);
});

test('calls of reload() during one share the next, which has the newest code', async (t) => {
  const { server, write } = await serveSource(t, saying('one'), { threads: 1 });
  const [reloads, starts] = [record(server, 'reload'), record(server, 'thread-start')];
  const first = server.reload({ timeout: 0 });
  const others = [server.reload({ timeout: 0 }), server.reload({ timeout: 0 })];
  await first;
  write(saying('three'));
  await Promise.all(others);
  assert.equal(starts.all.length, 2);
  assert.equal(reloads.all.length, 2);
  await until(
    () => server.threads.length === 1,
    () => 'one thread',
  );
  await server.reload({ timeout: 0 });
  await (await Client.connect(server)).ask('a\n', 'three a\n');
});

test('a reload that follows a failing one is another attempt', async (t) => {
  const { server, write } = await serveSource(t, saying('one'));
  write('throw new Error();');
  const first = server.reload();
  first.catch(() => {});
  const second = server.reload();
  second.catch(() => {});
  await assert.rejects(first, { name: 'HandlerLoadError' });
  await assert.rejects(second, { name: 'HandlerLoadError' });
  write(saying('two'));
  await server.reload();
  await (await Client.connect(server)).ask('a\n', 'two a\n');
});

test('a reload that meets close() rejects, and nothing is left running', async (t) => {
  const server = await serve(t, { threads: 2 });
  const reloads = record(server, 'reload');
  const running = [server.reload(), server.reload()];
  const outcomes = Promise.allSettled(running);
  await within(server.close({ timeout: 0 }), () => 'close()');
  for (const outcome of await outcomes) {
    assert.equal(outcome.status, 'rejected');
    const { name, code } = outcome.reason as Error & { code: string };
    assert.deepEqual([name, code], ['ThreadError', 'ERR_SERVER_CLOSED']);
  }
  assert.deepEqual(server.threads, []);
  assert.deepEqual(reloads.all, []);
  await assert.rejects(server.reload(), { name: 'ThreadError', code: 'ERR_SERVER_CLOSED' });
  assert.deepEqual(server.threads, []);
});

test('close() while old threads drain waits for their clients, too', async (t) => {
  const { server } = await serveSource(t, saying('one'), { onDrain: 'wait' });
  const old = await Client.connect(server);
  await old.ask('a\n', 'one a\n');
  await server.reload({ timeout: NEVER });
  const next = await Client.connect(server);
  await next.ask('b\n', 'one b\n');
  const closed = server.close({ timeout: NEVER });
  await Promise.all([old.ask('c\n', 'one c\n'), next.ask('d\n', 'one d\n')]);
  old.end();
  next.end();
  await within(closed, () => 'close()');
  assert.deepEqual(server.stats().closed, { 'peer-end': 2 });
});

test('reload() begins anew after threads were given up', async (t) => {
  const server = await serve(t, { handler: fixture('fails-outside'), maxCrashes: 1, framing: lines() });
  const [errors, drops, exits] = [
    record(server, 'error'),
    record(server, 'drop'),
    record(server, 'thread-exit'),
  ];
  for (let life = 1; life <= 2; life++) {
    const client = await Client.connect(server);
    await client.ask('hello\n');
    client.send('timer\n');
    await client.ending();
    await exits.first(life);
    await errors.first(life);
    assert.equal((errors.all[life - 1] as NodeJS.ErrnoException).code, 'ERR_CRASH_LOOP');
    await (await Client.connect(server)).ending();
    await drops.first(life);
    assert.equal(drops.all[life - 1]!.reason, 'no-thread');
    await server.reload();
  }
  await (await Client.connect(server)).ask('hello\n');
  assert.equal(drops.all.length, 2);
  assert.deepEqual(server.stats().closed, { 'thread-crash': 2 });
});

test('a thread of the old code that crashes while the new one loads is replaced, and nobody is lost', async (t) => {
  const server = await serve(t, { handler: fixture('fails-outside'), threads: 1, framing: lines() });
  const exits = record(server, 'thread-exit');
  const client = await Client.connect(server);
  await client.ask('hello\n');
  const reloaded = server.reload();
  client.send('exit\n');
  await client.ending();
  assert.equal((await exits.one()).reason, 'thread-exit');
  const next = await Client.connect(server);
  await next.ask('hello\n');
  await reloaded;
  assert.ok(server.threads.some(({ state }) => state === 'ready'));
  await (await Client.connect(server)).ask('hello\n');
});

test("with 'per-connection', too, old clients keep the old code and new ones get the new", async (t) => {
  const { server, write } = await serveSource(t, saying('one'), { threads: 'per-connection', maxThreads: 4 });
  const disconnects = record(server, 'disconnect');
  const [patient, slow] = [await Client.connect(server), await Client.connect(server)];
  await Promise.all([patient.ask('a\n', 'one a\n'), slow.ask('a\n', 'one a\n')]);
  write(saying('two'));
  await server.reload({ timeout: 1500 });
  const next = await Client.connect(server);
  await next.ask('b\n', 'two b\n');
  assert.notEqual(await threadOf(server, next), await threadOf(server, patient));
  await patient.ask('c\n', 'one c\n');
  patient.end();
  await patient.ending();
  assert.equal(await slow.ending(), 'reset');
  const ends = await disconnects.first(2);
  assert.deepEqual(
    ends.map(({ peer, reason }) => [peer.port, reason]),
    [
      [patient.port, 'peer-end'],
      [slow.port, 'server-drain'],
    ],
  );
  await next.ask('d\n', 'two d\n');
});
