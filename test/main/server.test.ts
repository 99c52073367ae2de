import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { serve } from '../support/serve.ts';

test('close() out of a listener of drain is the same close', async (t) => {
  const server = await serve(t);
  const [drains, closes] = [record(server, 'drain'), record(server, 'close')];
  let again: Promise<void> | undefined;
  server.on('drain', () => {
    again = server.close();
  });
  const closed = server.close();
  assert.equal(again, closed);
  await closed;
  assert.deepEqual([drains.all.length, closes.all.length], [1, 1]);
});

test('a clock that is set back makes no duration negative', async (t) => {
  const server = await serve(t);
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  await client.ask('hello');
  const now = Date.now();
  t.mock.method(Date, 'now', () => now - 3_600_000);
  client.end();
  const { duration, since } = await disconnects.one();
  assert.ok(duration >= 0 && duration < 60_000, `${duration} ms`);
  assert.ok(since <= now, 'since is when it came');
});
