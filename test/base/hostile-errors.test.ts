import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { fromPortableError, toPortableError } from '../../src/base/portable-error.ts';
import { describeThrown } from '../../src/base/thrown.ts';
import { HOSTILE } from '../fixtures/throws-hostile.ts';

/** As between threads. */
function cross(thrown: unknown): unknown {
  return fromPortableError(structuredClone(toPortableError(thrown)));
}

for (const [name, make] of Object.entries(HOSTILE)) {
  test(`crosses, and can be told: ${name}`, () => {
    const crossed = cross(make());
    assert.ok(crossed instanceof Error);
    assert.equal(typeof crossed.name, 'string');
    assert.equal(typeof crossed.message, 'string');
    assert.notEqual(describeThrown(make()), '');
    assert.notEqual(describeThrown(crossed), '');
  });
}

function told(hostile: string): [name: string, message: string] {
  const { name, message } = cross(HOSTILE[hostile]!()) as Error;
  return [name, message];
}

test('what can be read of it is told', () => {
  assert.deepEqual(told('a symbol as message'), ['Error', 'Symbol(odd)']);
  assert.deepEqual(told('a function as name'), ['[Function: odd]', 'fine']);
  assert.deepEqual(told('a stack that throws'), ['Error', 'fine']);
  assert.deepEqual(told('a message that throws'), ['Error', '']);
});

test('of causes that go on for ever the first are told, then that more were', () => {
  let error = cross(HOSTILE['20,000 nested causes']!()) as Error;
  const messages: string[] = [];
  for (; error !== undefined; error = error.cause as Error) messages.push(error.message);
  assert.deepEqual(messages.slice(0, 3), ['20000', '19999', '19998']);
  assert.equal(messages.at(-1), 'further errors are left out');
  assert.ok(messages.length <= 20, `${messages.length} were told`);
});

test('an AggregateError brings the errors it holds', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:9'), { code: 'ECONNREFUSED' });
  const crossed = cross(new AggregateError([refused, 'no error'], 'both')) as AggregateError;
  assert.ok(crossed instanceof AggregateError);
  assert.deepEqual([crossed.name, crossed.message], ['AggregateError', 'both']);
  const [first, second] = crossed.errors as [Error & { code: string }, unknown];
  assert.deepEqual(
    [first.message, first.code, first.stack],
    [refused.message, 'ECONNREFUSED', refused.stack],
  );
  assert.equal(second, 'no error');
  assert.deepEqual(Object.keys(crossed), []);
});

test('so do other errors that hold some', () => {
  const several = Object.assign(new Error('several'), { errors: [new Error('one')] });
  const crossed = cross(several) as Error & { errors: Error[] };
  assert.ok(!(crossed instanceof AggregateError));
  assert.equal(crossed.errors[0]!.message, 'one');
  const suppressed = new SuppressedError(new Error('later'), new Error('earlier'), 'both');
  const both = cross(suppressed) as Error & { error: Error; suppressed: Error };
  assert.deepEqual(
    [both.name, both.error.message, both.suppressed.message],
    ['SuppressedError', 'later', 'earlier'],
  );
});

test('of very many errors the first are told, and how many were left out', () => {
  const crossed = cross(
    new AggregateError(Array.from({ length: 1000 }, (_, at) => new Error(`${at}`))),
  ) as AggregateError;
  const errors = crossed.errors as Error[];
  assert.equal(errors[0]!.message, '0');
  assert.ok(errors.length < 100);
  assert.equal(errors.at(-1)!.message, `${1000 - errors.length + 1} further errors are left out`);
  const nested = new AggregateError(
    Array.from({ length: 30 }, () => new AggregateError(Array.from({ length: 30 }, () => new Error('x')))),
  );
  assert.ok(inspect(cross(nested), { depth: Infinity }).length < 200_000);
});

test('a text is carried up to a bound', () => {
  const crossed = cross(new Error('x'.repeat(1e7))) as Error;
  assert.ok(crossed.message.length < 1e5 && crossed.stack!.length < 1e5);
});

test('a value that looks like one that crosses is what it was', () => {
  for (const thrown of [{ portable: 'error' }, { portable: 'value', value: 1 }]) {
    assert.deepEqual(cross(thrown), thrown);
  }
});

test('an error without a message is told by what it holds, else by its name', () => {
  const refused = new AggregateError([
    new Error('connect ECONNREFUSED ::1:9'),
    new Error('connect ECONNREFUSED 127.0.0.1:9'),
  ]);
  assert.equal(describeThrown(refused), 'connect ECONNREFUSED ::1:9, connect ECONNREFUSED 127.0.0.1:9');
  assert.equal(describeThrown(new RangeError('')), 'RangeError');
  assert.equal(describeThrown(new AggregateError([])), 'AggregateError');
  assert.equal(describeThrown(new Error('plain')), 'plain');
  assert.deepEqual(
    [describeThrown('text'), describeThrown(''), describeThrown(null)],
    ['text', "''", 'null'],
  );
});
