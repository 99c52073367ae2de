import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { listen, type ListenOptions, type MultiThreadServer } from '../../src/index.ts';
import { record } from './record.ts';

/** A handler module of test/fixtures/. */
export function fixture(name: string): URL {
  return new URL(`../fixtures/${name}.ts`, import.meta.url);
}

/**
 * A server that the test closes itself, by default with one thread, the echo handler and the driver that
 * MULTITHREAD_SERVER_TRANSPORT names.
 */
export function start(options: ListenOptions = {}): Promise<MultiThreadServer> {
  return listen({ host: '127.0.0.1', threads: 1, ...options });
}

/**
 * A server for one test. When the test is over it is closed, and every connection must have left the ledger exactly
 * once.
 */
export async function serve(t: TestContext, options?: ListenOptions): Promise<MultiThreadServer> {
  const server = await start(options);
  const connections = record(server, 'connection');
  const disconnects = record(server, 'disconnect');
  t.after(async () => {
    await server.close({ timeout: 0 });
    assert.deepEqual(server.connections, [], 'the ledger is empty');
    assert.deepEqual(
      ids(disconnects.all),
      ids(connections.all),
      'each connection has exactly one disconnect',
    );
  });
  return server;
}

/** In order: one that waits for a thread may be served after one that came later. */
function ids(events: readonly { readonly id: number }[]): number[] {
  return events.map(({ id }) => id).toSorted((a, b) => a - b);
}
