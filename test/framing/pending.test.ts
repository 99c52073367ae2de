import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pending } from '../../src/framing/pending.ts';

test('what is held is a copy, kept across growth', () => {
  const pending = new Pending();
  const shared = Buffer.from('..ab..');
  for (let count = 0; count < 1000; count += 1) pending.append(shared, 2, 4);
  shared.fill(0);
  assert.equal(pending.length, 2000);
  assert.ok(pending.take().subarray(0, 2000).equals(Buffer.alloc(2000, 'ab')));
  assert.equal(pending.length, 0);
});

test('an announced length allocates nothing, and bounds the doubling', () => {
  const pending = new Pending();
  const bytes = Buffer.alloc(600);
  pending.append(bytes, 0, 1, 2 ** 30);
  assert.ok(pending.bytes.length <= 256);
  pending.append(bytes, 0, 600, 700);
  assert.ok(pending.bytes.length >= 601 && pending.bytes.length <= 700);
});

test('a large buffer goes with its message, a small one is used again', () => {
  const pending = new Pending();
  pending.append(Buffer.alloc(100), 0, 100);
  const small = pending.take();
  assert.equal(pending.bytes, small);
  pending.append(Buffer.alloc(100_000), 0, 100_000);
  const large = pending.take();
  assert.equal(large.length, 100_000);
  assert.equal(pending.bytes.length, 0);
});
