import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leastConnections } from '../../src/main/balancer.ts';

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
