import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deadlines, type Progress } from '../../src/connection/deadlines.ts';
import type { ConnectionLimits } from '../../src/options/connection-options.ts';
import { parseOptions, type ListenOptions } from '../../src/options/listen-options.ts';

const TICK = 250;

function limits(options: ListenOptions): ConnectionLimits {
  return parseOptions(options).limits;
}

/** A connection on which nothing happens, with differences. */
function state(progress: Partial<Progress> = {}): Progress {
  const quiet = { isDue: false, incomplete: 0, isFinishing: false, isThrottled: false, unsent: 0 };
  return { ...quiet, ...progress };
}

/** The first look at which a deadline has passed. */
function firstBroken(deadlines: Deadlines, from: number, progress = state()): [time: number, reason: string] {
  for (let now = from; now < 1e6; now += TICK) {
    const reason = deadlines.broken(now, progress);
    if (reason) return [now, reason];
  }
  return assert.fail('no deadline has passed');
}

/** Some bytes are due, of which the operating system hasn't taken so many. */
function dueWith(unsent: number): Progress {
  return state({ isDue: true, unsent });
}

/** How long a hundred connections lived. */
function lives(lifetimeJitter: number): number[] {
  return Array.from({ length: 100 }, () => {
    const deadlines = new Deadlines(limits({ maxLifetime: 100_000, lifetimeJitter }));
    const [time, reason] = firstBroken(deadlines, 0);
    assert.equal(reason, 'max-lifetime');
    return time;
  });
}

// Over sockets, no test could tell a time that is a little short from a machine that is busy.
describe('deadlines', () => {
  test('a connection is idle when all of idleTimeout has passed without a byte, not earlier', () => {
    const deadlines = new Deadlines(limits({ idleTimeout: 1000 }));
    assert.equal(deadlines.broken(0, state()), undefined);
    // At any time up to the next look, 250.
    deadlines.read();
    assert.deepEqual(firstBroken(deadlines, TICK), [1250, 'idle-timeout']);
    deadlines.wrote();
    assert.deepEqual(firstBroken(deadlines, 1500), [2500, 'idle-timeout']);
  });

  test('a connection begins to be idle when it begins', () => {
    const deadlines = new Deadlines(limits({ idleTimeout: 1000 }));
    assert.deepEqual(firstBroken(deadlines, 90_000), [91_000, 'idle-timeout']);
  });

  test('a connection is not idle while its rate has it wait', () => {
    const deadlines = new Deadlines(limits({ idleTimeout: 1000 }));
    for (let now = 0; now < 10_000; now += TICK) {
      assert.equal(deadlines.broken(now, state({ isThrottled: true })), undefined);
    }
    assert.deepEqual(firstBroken(deadlines, 10_000), [10_750, 'idle-timeout']);
  });

  test('a connection is not idle while the client takes what is due, however slowly', () => {
    const deadlines = new Deadlines(limits({ idleTimeout: 1000 }));
    for (let now = 0; now < 10_000; now += TICK) {
      assert.equal(deadlines.broken(now, dueWith(100 - Math.floor(now / 500))), undefined);
    }
    assert.deepEqual(firstBroken(deadlines, 10_000, dueWith(80)), [11_000, 'idle-timeout']);
  });

  test('a message has all of messageTimeout from its beginning', () => {
    const deadlines = new Deadlines(limits({ messageTimeout: 1000 }));
    assert.equal(deadlines.broken(0, state()), undefined);
    deadlines.read();
    deadlines.taken(3);
    assert.equal(deadlines.broken(250, state({ incomplete: 3 })), undefined);
    deadlines.read();
    deadlines.taken(4);
    assert.deepEqual(firstBroken(deadlines, 500, state({ incomplete: 4 })), [1250, 'message-timeout']);
  });

  test('the beginning of the next message has a time of its own', () => {
    const deadlines = new Deadlines(limits({ messageTimeout: 1000 }));
    for (let now = 0; now < 10_000; now += TICK) {
      deadlines.read();
      deadlines.message();
      deadlines.taken(3);
      assert.equal(deadlines.broken(now, state({ incomplete: 3 })), undefined);
    }
  });

  test('a message whose end waits unread is not late', () => {
    const deadlines = new Deadlines(limits({ messageTimeout: 1000 }));
    deadlines.read();
    deadlines.taken(3);
    assert.equal(deadlines.broken(0, state({ incomplete: 3 })), undefined);
    assert.equal(deadlines.broken(5000, state({ incomplete: 0 })), undefined);
    assert.deepEqual(firstBroken(deadlines, 5250, state({ incomplete: 3 })), [6250, 'message-timeout']);
  });

  test('a client that takes nothing has all of writeTimeout', () => {
    const deadlines = new Deadlines(limits({ writeTimeout: 1000 }));
    assert.equal(deadlines.broken(0, state()), undefined);
    assert.deepEqual(firstBroken(deadlines, 250, state({ isDue: true })), [1250, 'write-timeout']);
  });

  test('once the handler has finished, only a client that takes nothing can be late', () => {
    const deadlines = new Deadlines(limits({ idleTimeout: 1000, messageTimeout: 1000, maxLifetime: 1000 }));
    const finishing = state({ incomplete: 3, isFinishing: true });
    for (let now = 0; now < 60_000; now += TICK) assert.equal(deadlines.broken(now, finishing), undefined);
    assert.deepEqual(firstBroken(deadlines, 60_000, state({ isDue: true, isFinishing: true })), [
      90_000,
      'write-timeout',
    ]);
  });

  test('lives are maxLifetime, less a random part of up to lifetimeJitter', () => {
    assert.deepEqual(new Set(lives(0)), new Set([100_000]));
    const shortened = lives(0.5);
    assert.ok(shortened.every((life) => life >= 50_000 && life <= 100_000));
    // By chance once in 2^99 times.
    assert.ok(shortened.some((life) => life < 75_000) && shortened.some((life) => life > 75_000));
  });

  test('without limits, time never ends a connection', () => {
    const deadlines = new Deadlines(limits({}));
    assert.equal(deadlines.broken(0, state({ isDue: true, incomplete: 1 })), undefined);
    assert.equal(deadlines.broken(1e9, state({ isDue: true, incomplete: 1 })), undefined);
  });
});
