import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartPolicy } from '../../../src/main/pool/restart-policy.ts';

const longest = (): number => 0;
const shortest = (): number => 1;

test('the first crash is made good at once, each further one after twice the time', () => {
  const policy = new RestartPolicy({ maxCrashes: Infinity, crashWindow: 60_000 });
  const delays = Array.from({ length: 9 }, (_, now) => policy.crashed(now, longest));
  assert.deepEqual(delays, [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('at random up to half of the time is left out', () => {
  const policy = new RestartPolicy({ maxCrashes: Infinity, crashWindow: 60_000 });
  policy.crashed(0);
  assert.equal(policy.crashed(1, shortest), 50);
  assert.equal(
    policy.crashed(2, () => 0.5),
    150,
  );
});

test('a crash is forgotten after the window', () => {
  const policy = new RestartPolicy({ maxCrashes: 3, crashWindow: 1000 });
  assert.equal(policy.crashed(0, longest), 0);
  assert.equal(policy.crashed(999, longest), 100);
  assert.equal(policy.crashed(1000, longest), 100);
  assert.equal(policy.crashed(3000, longest), 0);
});

test('after maxCrashes within the window nothing is started any more', () => {
  const policy = new RestartPolicy({ maxCrashes: 3, crashWindow: 1000 });
  policy.crashed(0);
  policy.crashed(1);
  assert.equal(policy.crashed(2), undefined);
});

test('with maxCrashes 1 the first crash is the last', () => {
  assert.equal(new RestartPolicy({ maxCrashes: 1, crashWindow: 1000 }).crashed(0), undefined);
});
