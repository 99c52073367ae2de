import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_UNDELIVERED } from '../../src/connection/mailbox.ts';
import { lines } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { MUCH } from '../fixtures/gated-callbacks.ts';
import { untilReadingStops } from '../support/turns.ts';

const ONE_READ = 64 * 1024;
const TOTAL = 2 * 2 ** 20;

for (const length of [10, 1000]) {
  test(`while a handler is stuck, little is read; then it gets all, in lines of ${length} bytes`, async (t) => {
    const server = await serve(t, { handler: fixture('gated') });
    const [clock, client] = [await Client.connect(server), await Client.connect(server)];
    const messages = Array.from({ length: TOTAL / length }, (_, index) => `${index}`.padEnd(length - 1));
    const sent = `wait\n${messages.join('\n')}\n`;
    client.end(sent);

    const read = await untilReadingStops(server, clock);
    const most = MAX_UNDELIVERED * length + 2 * ONE_READ;
    assert.ok(read <= most, `${read} bytes were read`);
    const { messagesRead, messagesWritten } = server.stats();
    // The clock's have all been answered; `wait` has the handler.
    assert.ok(messagesRead - messagesWritten <= MAX_UNDELIVERED + 1, `${messagesRead} messages were decoded`);

    await clock.ask('open\n');
    assert.ok((await client.readAll()).toString() === sent);
  });
}

test("a callback's promise holds back the next message, though the client takes what was due meanwhile", async (t) => {
  const server = await serve(t, { handler: fixture('gated-callbacks') });
  const [clock, client] = [await Client.connect(server), await Client.connect(server)];
  client.send('wait\n');
  assert.equal(await client.readLine(), MUCH);
  client.send('next\n');
  for (let turn = 0; turn < 20; turn++) await clock.ask('turn\n', 'turn shut\n');
  await clock.ask('open\n', 'open open\n');
  assert.equal(await client.readLine(), 'next open');
});

for (const name of ['gated', 'echoes-without-waiting']) {
  test(`while much is due to a client, its messages are not read; when it is taken, all are (${name})`, async (t) => {
    const server = await serve(t, { handler: fixture(name), framing: lines(), highWaterMark: 1000 });
    const [clock, client] = [await Client.connect(server), await Client.connect(server)];
    const sent = `${'x'.repeat(999)}\n`.repeat(16 * 1024);
    client.socket.pause();
    client.end(sent);
    const read = await untilReadingStops(server, clock);
    assert.ok(read < sent.length, 'the server read what it could not write');
    client.socket.resume();
    assert.ok((await client.readAll()).toString() === sent);
  });
}

test('a handler that is behind gets every message, though both sides have ended meanwhile', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('ends-then-lags'), data: channel });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.end('one\ntwo\nthree\n');
  assert.equal((await disconnects.one()).reason, 'peer-end');
  assert.deepEqual(await reports.one(), ['one', 'two', 'three']);
});
