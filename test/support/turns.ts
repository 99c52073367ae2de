import type { MultiThreadServer } from '../../src/index.ts';
import type { Client } from './client.ts';

const ROUNDS = 20;

/**
 * A client of the same thread is the clock: what the thread wants to do, it had its turns to do.
 * @returns how many bytes it sent.
 */
export async function giveTurns(clock: Client): Promise<number> {
  let sent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const question = `turn ${round}\n`;
    await clock.ask(question);
    sent += question.length;
  }
  return sent;
}

/** @returns the bytes that the server had read when it stopped reading, without those of the clock. */
export async function untilReadingStops(server: MultiThreadServer, clock: Client): Promise<number> {
  let asked = 0;
  for (;;) {
    const before = server.stats().bytesRead;
    const now = await giveTurns(clock);
    asked += now;
    const read = server.stats().bytesRead;
    if (read > asked && read === before + now) return read - asked;
  }
}
