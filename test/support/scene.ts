import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { lines, type ListenOptions, type MultiThreadServer } from '../../src/index.ts';
import { Client } from './client.ts';
import { record, type Recording } from './record.ts';
import { serve } from './serve.ts';
import { until } from './wait.ts';
import type { Disconnect, ThreadExit } from '../../src/index.ts';
import { Crowd } from './crowd.ts';

const CROWD = 60;

/** The thread that serves a client; waits until one does. */
export async function threadOf(server: MultiThreadServer, { port }: Client): Promise<number> {
  const find = (): number | undefined => server.connections.find(({ peer }) => peer.port === port)?.threadId;
  await until(
    () => find() !== undefined,
    () => 'a thread for a client',
  );
  return find()!;
}

/** A server with one client that is to do harm, its neighbours in the same thread, and everybody else. */
export interface Scene {
  readonly server: MultiThreadServer;
  readonly culprit: Client;
  readonly threadId: number;
  readonly neighbours: Crowd;
  readonly others: Crowd;
  readonly disconnects: Recording<Disconnect>;
  readonly exits: Recording<ThreadExit>;
}

/** All of them echo when this resolves. */
export async function scene(t: TestContext, options: ListenOptions): Promise<Scene> {
  const server = await serve(t, { threads: 3, framing: lines(), ...options });
  const [disconnects, exits] = [record(server, 'disconnect'), record(server, 'thread-exit')];
  const culprit = await Client.connect(server);
  await culprit.ask('hello\n');
  const crowd = await Crowd.connect(server, CROWD);
  const threadId = await threadOf(server, culprit);
  const [neighbours, others] = [crowd.on(threadId), crowd.apartFrom(threadId)];
  assert.ok(neighbours.size > 0 && others.size > 0);
  crowd.start();
  await crowd.goesOn();
  return { server, culprit, threadId, neighbours, others, disconnects, exits };
}

/** Those who were in the thread, and nobody else, have left, for one reason. */
export async function assertLost(
  { culprit, threadId, neighbours, others, disconnects }: Scene,
  reason: Disconnect['reason'],
): Promise<void> {
  await culprit.ending();
  await neighbours.ended();
  await others.goesOn();
  const ends = await disconnects.first(neighbours.size + 1);
  assert.equal(ends.length, disconnects.all.length);
  assert.deepEqual(
    ends.map(({ peer }) => peer.port).toSorted((a, b) => a - b),
    [culprit.port, ...neighbours.ports].toSorted((a, b) => a - b),
  );
  for (const end of ends) assert.deepEqual([end.threadId, end.reason], [threadId, reason]);
}

/** The ledger, the threads' own counts and the sums are of one mind. */
export function assertCountsAgree(server: MultiThreadServer): void {
  const { connections, waiting, accepted, closed, dropped } = server.stats();
  assert.equal(server.connections.length, connections);
  const served = server.threads.reduce((sum, thread) => sum + thread.connections, 0);
  assert.equal(served, connections - waiting);
  for (const thread of server.threads) {
    const listed = server.connections.filter(({ threadId }) => threadId === thread.id).length;
    assert.equal(listed, thread.connections);
  }
  const ended = Object.values(closed).reduce((sum, count) => sum + count, 0);
  const lost = (['balancer-error', 'peer-reset', 'no-thread', 'server-drain'] as const).reduce(
    (sum, reason) => sum + (dropped[reason] ?? 0),
    0,
  );
  assert.equal(accepted, ended + connections + lost);
}
