import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as Errors from '../../src/base/errors.ts';
import { ConnectionError, MessageError } from '../../src/base/errors.ts';

test('an error is known for what it is in another copy of the package', async () => {
  const copy: typeof Errors = await import(new URL('../../src/base/errors.ts?copy', import.meta.url).href);
  assert.notEqual(copy.MessageError, MessageError);
  const [message, connection] = [
    new copy.MessageError('invalid-message', 'bad'),
    new copy.ConnectionError('peer-reset'),
  ];
  assert.ok(message instanceof MessageError && message instanceof Error);
  assert.ok(connection instanceof ConnectionError);
  for (const other of [connection, new Error('bad'), null, undefined, 7, { name: 'MessageError' }]) {
    assert.equal(other instanceof MessageError, false);
  }
  assert.equal(message instanceof ConnectionError, false);
});

test('a class that extends one keeps its own instances apart', () => {
  class Worse extends MessageError {}
  const worse = new Worse('invalid-message', 'worse');
  assert.ok(worse instanceof Worse && worse instanceof MessageError);
  assert.equal(new MessageError('invalid-message', 'bad') instanceof Worse, false);
});
