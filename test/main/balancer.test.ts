import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BalancedThread } from '../../src/index.ts';
import { createBalancer, leastConnections, roundRobin, sourceAddress } from '../../src/main/balancer.ts';

const thread = (id: number, hasRoom = true): BalancedThread => ({ id, connections: 0, hasRoom });
const peer = (address: string) =>
  ({ address, port: 1, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as const;
const addresses = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);

function choose(connections: Record<number, number>, previous = 0): number {
  const threads = Object.entries(connections).map(([id, count]) => ({
    id: Number(id),
    connections: count,
    hasRoom: true,
  }));
  return leastConnections(threads, previous).id;
}

test('the only thread is chosen', () => {
  assert.equal(choose({ 7: 3 }, 7), 7);
});

test('the thread with the fewest connections is chosen, wherever it stands', () => {
  assert.equal(choose({ 1: 2, 2: 1, 3: 5 }), 2);
  assert.equal(choose({ 1: 0, 2: 1, 3: 5 }), 1);
  assert.equal(choose({ 1: 2, 2: 1, 3: 0 }, 3), 3);
});

test('equals take turns', () => {
  const chosen: number[] = [];
  for (let previous = 0, turn = 0; turn < 6; turn++) {
    previous = choose({ 1: 1, 2: 1, 3: 1 }, previous);
    chosen.push(previous);
  }
  assert.deepEqual(chosen, [1, 2, 3, 1, 2, 3]);
});

test('busier threads are left out when equals take turns', () => {
  assert.equal(choose({ 1: 1, 2: 9, 3: 1 }, 1), 3);
  assert.equal(choose({ 1: 1, 2: 9, 3: 1 }, 3), 1);
});

test('the previous thread may be gone', () => {
  assert.equal(choose({ 1: 0, 3: 0, 4: 0 }, 2), 3);
  assert.equal(choose({ 1: 0, 3: 0 }, 9), 1);
});

test('round-robin takes the next thread, whoever has gone', () => {
  const threads = [thread(3), thread(5), thread(9)];
  assert.deepEqual(
    [0, 3, 4, 5, 9, 12].map((previous) => roundRobin(threads, previous).id),
    [3, 5, 5, 9, 3, 3],
  );
});

test('round-robin and least-connections pass over threads without room', () => {
  for (const name of ['round-robin', 'least-connections'] as const) {
    const balance = createBalancer(name);
    const threads = [thread(1), thread(2, false), thread(3)];
    const chosen = Array.from({ length: 4 }, () => balance(threads, peer('10.0.0.1')).id);
    assert.deepEqual(chosen, [1, 3, 1, 3]);
  }
});

test('each balancer remembers for itself', () => {
  const threads = [thread(1), thread(2)];
  const [one, other] = [createBalancer('round-robin'), createBalancer('round-robin')];
  assert.equal(one(threads, peer('10.0.0.1')).id, 1);
  assert.equal(other(threads, peer('10.0.0.1')).id, 1);
  assert.equal(one(threads, peer('10.0.0.1')).id, 2);
});

test('source-address spreads addresses, and has each on its thread whatever the order', () => {
  const threads = [thread(1), thread(2), thread(3), thread(4)];
  const counts = new Map<number, number>();
  for (const address of addresses) {
    const { id } = sourceAddress(threads, peer(address));
    assert.equal(sourceAddress(threads.toReversed(), { ...peer(address), port: 9 }).id, id);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (const { id } of threads)
    assert.ok(counts.get(id)! > 150, `thread ${id} has ${counts.get(id)} of 1000`);
});

test('when a thread goes or comes, only its own addresses move', () => {
  const threads = [thread(1), thread(2), thread(3), thread(4)];
  for (const address of addresses) {
    const before = sourceAddress(threads, peer(address)).id;
    const without = sourceAddress(
      threads.filter(({ id }) => id !== 2),
      peer(address),
    ).id;
    if (before !== 2) assert.equal(without, before);
    const after = sourceAddress([...threads, thread(5)], peer(address)).id;
    assert.ok(after === before || after === 5);
  }
});

test('source-address keeps a /64 together', () => {
  const threads = Array.from({ length: 16 }, (_, index) => thread(index + 1));
  for (let network = 0; network < 50; network++) {
    const [one, other] = [`2001:db8:0:${network}::1`, `2001:db8:0:${network}:a:b:c:d`];
    assert.equal(sourceAddress(threads, peer(one)).id, sourceAddress(threads, peer(other)).id);
  }
});
