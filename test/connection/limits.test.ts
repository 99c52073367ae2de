import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lines, type MultiThreadServer } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { until } from '../support/wait.ts';
import { untilReadingStops } from '../support/turns.ts';

/** Above what a busy machine may keep a test waiting. */
const LONG_MS = 2000;
const SHORT_MS = 100;
/** What one take of a slow reader gives back to its window, large enough to be told to the server. */
const TAKE = 2 ** 20;

/** Sends one byte of a message after the other, as long as the server takes them. */
async function drip(client: Client, server: MultiThreadServer, isOver: () => boolean): Promise<number> {
  let sent = 0;
  while (!isOver()) {
    const { bytesRead } = server.stats();
    client.send('x');
    sent += 1;
    await until(
      () => isOver() || server.stats().bytesRead > bytesRead,
      () => 'a byte to be read',
    );
  }
  return sent;
}

describe('each limit ends a connection with its own reason', { concurrency: true }, () => {
  test('idle-timeout: no byte in either direction', async (t) => {
    const { channel, reports } = recordReports(t);
    const server = await serve(t, {
      idleTimeout: SHORT_MS,
      handler: fixture('reports-end'),
      data: channel,
    });
    const disconnects = record(server, 'disconnect');
    const client = await Client.connect(server);
    assert.equal(await client.ending(), 'end');
    assert.equal((await disconnects.one()).reason, 'idle-timeout');
    const code = 'ERR_CONNECTION_ENDED';
    assert.deepEqual(await reports.one(), { name: 'ConnectionError', code, reason: 'idle-timeout' });
  });

  test('idle-timeout: traffic keeps a connection alive', async (t) => {
    const server = await serve(t, { idleTimeout: LONG_MS });
    const disconnects = record(server, 'disconnect');
    const [silent, busy] = [await Client.connect(server), await Client.connect(server)];
    while (disconnects.all.length === 0) await busy.ask('ping');
    const { reason, peer } = await disconnects.one();
    assert.deepEqual([reason, peer.port], ['idle-timeout', silent.port]);
    await busy.ask('still there');
  });

  test('message-timeout: a client that drips', async (t) => {
    const server = await serve(t, { messageTimeout: SHORT_MS, framing: lines() });
    const disconnects = record(server, 'disconnect');
    const client = await Client.connect(server);
    const sent = await drip(client, server, () => disconnects.all.length > 0);
    assert.equal(await client.ending(), 'reset');
    const { reason, bytesRead } = await disconnects.one();
    assert.equal(reason, 'message-timeout');
    assert.ok(bytesRead! > 0 && bytesRead! <= sent);
  });

  test('message-timeout: a client that completes its messages has time', async (t) => {
    const server = await serve(t, { messageTimeout: LONG_MS, framing: lines() });
    const disconnects = record(server, 'disconnect');
    const [slow, steady] = [await Client.connect(server), await Client.connect(server)];
    slow.send('half a mess');
    steady.send('begin');
    // There is always a message that has begun, but never the same for long.
    while (disconnects.all.length === 0) {
      steady.send('end\nbegin');
      await steady.expect('beginend\n');
    }
    const { reason, peer } = await disconnects.one();
    assert.deepEqual([reason, peer.port], ['message-timeout', slow.port]);
    await steady.ask('end\n', 'beginend\n');
  });

  test('message-timeout: a client whose handler is slow has time', async (t) => {
    const server = await serve(t, { messageTimeout: LONG_MS, handler: fixture('gated') });
    const disconnects = record(server, 'disconnect');
    const [clock, patient] = [await Client.connect(server), await Client.connect(server)];
    const sent = `wait\n${'x'.repeat(999)}\n`.padEnd(2 ** 20, `${'x'.repeat(999)}\n`).concat('\n');
    patient.send(sent);
    await untilReadingStops(server, clock);
    const slow = await Client.connect(server);
    slow.send('half a mess');
    assert.equal((await disconnects.one()).peer.port, slow.port);
    await clock.ask('open\n');
    assert.ok((await patient.read(sent.length)).toString() === sent);
  });

  test('write-timeout: a client that takes nothing of what is due', async (t) => {
    const { channel, reports } = recordReports(t);
    const server = await serve(t, { writeTimeout: SHORT_MS, handler: fixture('sends-much'), data: channel });
    const disconnects = record(server, 'disconnect');
    const client = await Client.connect(server);
    client.send('go');
    client.socket.pause();
    assert.equal((await disconnects.one()).reason, 'write-timeout');
    assert.equal((await reports.first(2))[1], 'write-timeout');
    client.socket.resume();
    assert.equal(await client.ending(), 'reset');
  });

  test('write-timeout: a client that takes its time, but something, stays', async (t) => {
    const server = await serve(t, { writeTimeout: LONG_MS });
    const disconnects = record(server, 'disconnect');
    const bytes = Buffer.alloc(64 * 2 ** 20, 'some text ');
    const [slow, stuck] = [await Client.connect(server), await Client.connect(server)];
    for (const client of [slow, stuck]) {
      client.socket.pause();
      client.end(bytes);
    }
    let taken = 0;
    const takeSome = async (): Promise<void> => {
      slow.socket.resume();
      await slow.read(TAKE);
      taken += TAKE;
      slow.socket.pause();
    };
    while (disconnects.all.length === 0 && taken < bytes.length / 2) {
      await takeSome();
      await new Promise((resolve) => {
        setTimeout(resolve, SHORT_MS);
      });
    }
    const { reason, peer } = await disconnects.one();
    assert.deepEqual([reason, peer.port], ['write-timeout', stuck.port]);
    slow.socket.resume();
    await slow.read(bytes.length - taken);
    assert.equal(await slow.ending(), 'end');
  });

  test('slow-reader: more than maxWriteBuffer is due', async (t) => {
    const { channel, reports } = recordReports(t);
    const server = await serve(t, {
      maxWriteBuffer: 2 ** 20,
      handler: fixture('sends-without-waiting'),
      data: channel,
    });
    const disconnects = record(server, 'disconnect');
    const client = await Client.connect(server);
    client.send('go');
    client.socket.pause();
    assert.equal((await disconnects.one()).reason, 'slow-reader');
    assert.equal(await reports.one(), 'slow-reader');
    client.socket.resume();
    assert.equal(await client.ending(), 'reset');
  });

  test('max-lifetime: whatever the client does', async (t) => {
    const { channel, reports } = recordReports(t);
    const server = await serve(t, {
      maxLifetime: 2 * SHORT_MS,
      handler: fixture('reports-end'),
      data: channel,
      framing: lines(),
    });
    const disconnects = record(server, 'disconnect');
    const client = await Client.connect(server);
    const ending = client.ending();
    // A client that is busy all the time.
    client.socket.on('data', () => client.send('ping\n'));
    client.send('ping\n');
    assert.match(await ending, /^(end|reset)$/);
    assert.equal((await disconnects.one()).reason, 'max-lifetime');
    const code = 'ERR_CONNECTION_ENDED';
    assert.deepEqual(await reports.one(), { name: 'ConnectionError', code, reason: 'max-lifetime' });
  });
});
