import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Passing } from '../fixtures/lets-an-end-pass.ts';
import { Client } from '../support/client.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

/** A client that speaks, and one that was spoken to, doesn't read, and is about to go. */
async function pair(t: TestContext, handler: string) {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture(handler), data: channel });
  const [disconnects, failures] = [record(server, 'disconnect'), record(server, 'handler-error')];
  const exits = record(server, 'thread-exit');
  const [speaker, other] = [await Client.connect(server), await Client.connect(server)];
  await other.ask('join other\n');
  other.socket.pause();
  const assertNobodyBlamed = (): void => assert.deepEqual([failures.all, exits.all], [[], []]);
  return { speaker, other, reports, disconnects, assertNobodyBlamed };
}

const byPort = (ends: readonly unknown[][]): unknown[][] =>
  ends.toSorted(([one], [another]) => Number(one) - Number(another));

test("another client's end ends a function that lets it pass, and is no error of it", async (t) => {
  const { speaker, other, reports, disconnects, assertNobodyBlamed } = await pair(t, 'relays');
  await speaker.ask('hello\n');
  speaker.send('flood other\n');
  assert.equal(await reports.one(), 'waits');
  other.reset();
  assert.equal((await speaker.readAll()).toString(), '');
  const ends = (await disconnects.first(2)).map(({ peer, reason, error }) => [peer.port, reason, error]);
  const expected = [
    [speaker.port, 'handler-end', undefined],
    [other.port, 'peer-reset', undefined],
  ];
  assert.deepEqual(byPort(ends), byPort(expected));
  assertNobodyBlamed();
});

test("another client's end holds no message callback up: the next message comes", async (t) => {
  const { speaker, other, reports, disconnects, assertNobodyBlamed } = await pair(t, 'relays-in-callbacks');
  speaker.send('flood other\nhello\n');
  assert.equal(await reports.one(), 'waits');
  other.reset();
  await speaker.expect('hello\n');
  assert.equal((await disconnects.one()).peer.port, other.port);
  assertNobodyBlamed();
});

/** What rejects because the other has ended already, or because what goes to it has. */
const GONE = ['flood other\n', 'all\n', 'stop other\n'] as const;

for (const message of GONE) {
  test(`nor does one who has ended already: ${message.trim()}`, async (t) => {
    const { speaker, other, disconnects, assertNobodyBlamed } = await pair(t, 'relays-in-callbacks');
    if (message === 'stop other\n') await speaker.ask('hello\n');
    else {
      other.reset();
      await disconnects.one();
    }
    speaker.send(`${message}hello\n`);
    await speaker.expect('hello\n');
    assertNobodyBlamed();
  });

  test(`nor is it an error of a function: ${message.trim()}`, async (t) => {
    const { speaker, other, disconnects, assertNobodyBlamed } = await pair(t, 'relays');
    if (message !== 'stop other\n') {
      other.reset();
      await disconnects.one();
    }
    speaker.send(message);
    assert.equal((await speaker.readAll()).toString(), '');
    assertNobodyBlamed();
  });
}

for (const callback of ['open', 'drain', 'close'] as const) {
  test(`nor is it one of a ${callback} callback`, async (t) => {
    const { channel, reports } = recordReports(t);
    const server = await serve(t, {
      handler: fixture('lets-an-end-pass'),
      data: { channel, callback } satisfies Passing,
    });
    const failures = record(server, 'handler-error');
    const gone = await Client.connect(server);
    await gone.ask('hello');
    gone.reset();
    assert.equal(await reports.one(), 'peer-reset');
    const client = await Client.connect(server);
    await client.ask('hello');
    const closed = server.close();
    if (callback === 'drain') await reports.first(2);
    client.end();
    assert.equal((await client.readAll()).toString(), '');
    await closed;
    assert.deepEqual(server.stats().closed, { 'peer-reset': 1, 'peer-end': 1 });
    assert.deepEqual(failures.all, []);
  });
}
