import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageError } from '../../src/index.ts';
import { fromPortableError, toPortableError } from '../../src/base/portable-error.ts';

/** As between threads. */
function cross(thrown: unknown): unknown {
  return fromPortableError(structuredClone(toPortableError(thrown)));
}

test('an error keeps its name, message, stack and cause', () => {
  const error = new RangeError('too far', { cause: new TypeError('wrong way', { cause: 'a whim' }) });
  const crossed = cross(error) as Error;
  assert.ok(crossed instanceof Error);
  assert.deepEqual([crossed.name, crossed.message, crossed.stack], ['RangeError', 'too far', error.stack]);
  const cause = crossed.cause as Error;
  assert.ok(cause instanceof Error);
  assert.deepEqual([cause.name, cause.message, cause.cause], ['TypeError', 'wrong way', 'a whim']);
});

test('an error without cause or code has neither afterwards', () => {
  const crossed = cross(new Error('plain')) as Error;
  assert.deepEqual([Object.hasOwn(crossed, 'cause'), Object.hasOwn(crossed, 'code')], [false, false]);
});

test('an error keeps its code', () => {
  const crossed = cross(new MessageError('message-too-large', 'no')) as MessageError;
  assert.deepEqual([crossed.name, crossed.code], ['MessageError', 'message-too-large']);
});

test('what is no error crosses as it is', () => {
  for (const thrown of ['text', 42, null, undefined, { reason: ['none'] }]) {
    assert.deepEqual(cross(thrown), thrown);
  }
});

test('what cannot be copied becomes an error that shows it', () => {
  for (const thrown of [cross, { run: cross }, Symbol('odd')]) {
    const crossed = cross(thrown);
    assert.ok(crossed instanceof Error);
    assert.match(crossed.message, /\[Function: cross\]|Symbol\(odd\)/);
  }
});

test('what hangs on an error and cannot be copied does not keep it from crossing', () => {
  const error = Object.assign(new Error('odd', { cause: () => {} }), { code: () => {}, extra: () => {} });
  const crossed = cross(error) as Error;
  assert.equal(crossed.message, 'odd');
  assert.ok(crossed.cause instanceof Error);
});

test('causes that go round in a circle are told once', () => {
  const error = new Error('hen');
  error.cause = new Error('egg', { cause: error });
  const crossed = cross(error) as Error & { cause: Error };
  assert.deepEqual([crossed.message, crossed.cause.message, crossed.cause.cause], ['hen', 'egg', undefined]);
});
