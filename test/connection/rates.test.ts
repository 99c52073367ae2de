import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lines } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { until } from '../support/wait.ts';
import { giveTurns } from '../support/turns.ts';

const ONE_READ = 64 * 1024;
const LINE_BYTES = 100;
/** More than waits in one read, and far more than the rates below allow within a test. */
const MANY = 20_000;

function numbered(count: number): string {
  return Array.from({ length: count }, (_, index) => `${String(index).padEnd(LINE_BYTES - 1)}\n`).join('');
}

describe('rates pause reading, and lose nothing', { concurrency: true }, () => {
  for (const handler of ['upper', 'message-only']) {
    test(`messagesPerSecond: what is beyond it isn't read (${handler})`, async (t) => {
      const server = await serve(t, { messagesPerSecond: 30, framing: lines(), handler: fixture(handler) });
      const client = await Client.connect(server);
      const sent = numbered(MANY);
      client.send(sent);
      assert.equal((await client.read(30 * LINE_BYTES)).toString(), sent.slice(0, 30 * LINE_BYTES));
      const asked = await giveTurnsTo(server);
      const { bytesRead, messagesRead } = server.stats();
      assert.ok(messagesRead < ONE_READ / LINE_BYTES, `${messagesRead} messages were read`);
      assert.ok(bytesRead - asked <= ONE_READ, `${bytesRead} bytes were read`);
    });
  }

  test("bytesPerSecond: what is beyond it isn't read", async (t) => {
    const server = await serve(t, { bytesPerSecond: 1000, framing: lines(), handler: fixture('upper') });
    const client = await Client.connect(server);
    client.send(numbered(MANY));
    await until(
      () => server.stats().bytesRead > 1000,
      () => 'the first read',
    );
    const asked = await giveTurnsTo(server);
    const { bytesRead } = server.stats();
    assert.ok(bytesRead - asked <= ONE_READ, `${bytesRead} bytes were read`);
  });

  for (const handler of ['upper', 'message-only']) {
    test(`messagesPerSecond: all of a burst comes back in time (${handler})`, async (t) => {
      const server = await serve(t, { messagesPerSecond: 200, framing: lines(), handler: fixture(handler) });
      const disconnects = record(server, 'disconnect');
      const client = await Client.connect(server);
      const sent = numbered(500);
      client.end(sent);
      assert.ok((await client.readAll()).toString() === sent);
      assert.equal((await disconnects.one()).reason, 'peer-end');
      assert.equal(server.stats().messagesRead, 500);
    });
  }

  test('bytesPerSecond: all of a burst comes back in time', async (t) => {
    const server = await serve(t, { bytesPerSecond: 100_000 });
    const client = await Client.connect(server);
    const sent = numbered(3000);
    client.end(sent);
    assert.ok((await client.readAll()).toString() === sent);
  });

  test('a client within its rate is not held back by one that is not', async (t) => {
    const server = await serve(t, { messagesPerSecond: 1000, framing: lines() });
    const [flood, other] = [await Client.connect(server), await Client.connect(server)];
    flood.send(numbered(MANY));
    await flood.read(1000 * LINE_BYTES);
    await giveTurns(other);
    assert.ok(server.stats().messagesRead < MANY);
  });
});

/** Within the rate of a client of its own. @returns how many bytes it sent. */
async function giveTurnsTo(server: Parameters<typeof Client.connect>[0]): Promise<number> {
  const clock = await Client.connect(server);
  for (let turn = 0; turn < 20; turn++) await clock.ask('TURN\n');
  return 20 * 'TURN\n'.length;
}
