import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import type { MultiThreadServer } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { fixture, serve } from '../support/serve.ts';
import { until, within } from '../support/wait.ts';

const TOTAL = 64 * 2 ** 20;
const PAUSE_EVERY = 4 * 2 ** 20;
/** The high-water mark, one read and the buffers of the write under way, with room to spare. */
const MOST_DUE = 512 * 1024;
const ROUNDS = 50;

/** Bytes that the server has read and the operating system hasn't taken back yet: what it must hold in memory. */
function due(server: MultiThreadServer): number {
  const { bytesRead, bytesWritten } = server.stats();
  return bytesRead - bytesWritten;
}

/** @returns how many bytes were asked. */
async function askRepeatedly(client: Client, server: MultiThreadServer): Promise<number> {
  const questions = Array.from({ length: ROUNDS }, (_, round) => `round ${round}`);
  for (const question of questions) {
    await client.ask(question);
    assert.ok(due(server) < MOST_DUE, `${due(server)} bytes are due`);
  }
  return questions.join('').length;
}

test('a client that reads slowly gets its 64 MiB back, holds up nobody and costs little memory', async (t) => {
  const server = await serve(t);
  const bytes = randomBytes(TOTAL);
  const slow = connect({ port: server.address!.port, host: '127.0.0.1' });
  t.after(() => slow.destroy());
  await within(once(slow, 'connect'), () => 'the slow client');
  const other = await Client.connect(server);

  slow.pause();
  slow.end(bytes);
  await untilReadingStops(server, other);
  assert.ok(server.stats().bytesRead < TOTAL / 2, 'the server read what it could not write');

  await readSlowly(slow, bytes, () => askRepeatedly(other, server));
  await until(
    () => due(server) === 0,
    () => `nothing due, ${due(server)} bytes are`,
  );
});

test('a handler that awaits no send costs little memory either', async (t) => {
  const server = await serve(t, { handler: fixture('echoes-without-waiting'), format: 'binary' });
  const slow = connect({ port: server.address!.port, host: '127.0.0.1' });
  t.after(() => slow.destroy());
  await within(once(slow, 'connect'), () => 'the slow client');
  const other = await Client.connect(server);
  slow.pause();
  // The server resets it in the end, with much of this unread.
  slow.on('error', () => {});
  slow.write(Buffer.alloc(TOTAL));
  await untilReadingStops(server, other);
  assert.ok(server.stats().bytesRead < TOTAL / 2, 'the server read what it could not write');
});

/** A client that is served meanwhile is the clock: as the thread is the same, it had its turns to read. */
async function untilReadingStops(server: MultiThreadServer, other: Client): Promise<void> {
  let before: number;
  let asked: number;
  do {
    before = server.stats().bytesRead;
    asked = await askRepeatedly(other, server);
  } while (server.stats().bytesRead !== before + asked);
}

async function readSlowly(slow: Socket, expected: Buffer, pause: () => Promise<unknown>): Promise<void> {
  let read = 0;
  let nextPause = PAUSE_EVERY;
  for await (const chunk of slow) {
    const piece = chunk as Buffer;
    assert.ok(piece.equals(expected.subarray(read, read + piece.length)), `the bytes from ${read} on differ`);
    read += piece.length;
    if (read < nextPause) continue;
    nextPause += PAUSE_EVERY;
    await pause();
  }
  assert.equal(read, expected.length);
}
