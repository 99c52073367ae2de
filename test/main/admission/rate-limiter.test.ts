import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter } from '../../../src/main/admission/rate-limiter.ts';

const KEYS = 10_000;

test('a burst at once, then so many a second', () => {
  const limiter = new RateLimiter({ perSecond: 2, burst: 3 });
  const taken = [0, 0, 0, 0, 499, 500, 501, 999, 1000].map((now) => limiter.take('a', now));
  assert.deepEqual(taken, [true, true, true, false, false, true, false, false, true]);
});

test('what was refused costs nothing', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 1 });
  assert.ok(limiter.take('a', 0));
  for (let now = 1; now < 1000; now++) assert.ok(!limiter.take('a', now));
  assert.ok(limiter.take('a', 1001));
});

test('a long pause is good for one burst, not for more', () => {
  const limiter = new RateLimiter({ perSecond: 10, burst: 2 });
  const taken = Array.from({ length: 4 }, () => limiter.take('a', 3_600_000));
  assert.deepEqual(taken, [true, true, false, false]);
});

test('without a burst it is a second of the rate, at least one', () => {
  const fast = new RateLimiter({ perSecond: 3 });
  assert.deepEqual(
    Array.from({ length: 4 }, () => fast.take('a', 0)),
    [true, true, true, false],
  );
  const slow = new RateLimiter({ perSecond: 0.5 });
  assert.deepEqual(
    [0, 0, 1999, 2001].map((now) => slow.take('a', now)),
    [true, false, false, true],
  );
});

test('each key has its own', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 1 });
  assert.ok(limiter.take('a', 0));
  assert.ok(limiter.take('b', 0));
  assert.ok(!limiter.take('a', 0));
  assert.ok(!limiter.take('b', 0));
});

test('it remembers 10,000 keys, and forgets the one that was away longest', () => {
  const limiter = new RateLimiter({ perSecond: 0.001, burst: 1 });
  for (let key = 0; key < KEYS; key++) assert.ok(limiter.take(`key ${key}`, 0));
  assert.ok(!limiter.take('key 0', 0), 'remembered, and now the latest');
  assert.ok(limiter.take('one more', 0));
  assert.ok(!limiter.take('key 0', 0));
  assert.ok(!limiter.take('key 2', 0));
  assert.ok(limiter.take('key 1', 0), 'forgotten');
});
