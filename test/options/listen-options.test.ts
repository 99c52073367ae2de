import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen, OptionError, type ListenOptions } from '../../src/index.ts';
import { parseOptions } from '../../src/options/listen-options.ts';

const wrong: [option: string, value: unknown, shown: string, rule: RegExp][] = [
  ['port', -1, '-1', /must be a whole number from 0 to 65535/],
  ['port', 65_536, '65536', /from 0 to 65535/],
  ['port', 1.5, '1.5', /whole number/],
  ['port', '80', '"80"', /whole number/],
  ['port', NaN, 'NaN', /whole number/],
  ['port', null, 'null', /whole number/],
  ['host', '', '""', /must be a text that isn't empty/],
  ['host', 7, '7', /must be a text that isn't empty/],
  ['handler', '', '""', /must be a/],
  ['handler', 7, '7', /URL or the path of a module/],
  ['handler', () => {}, 'a function', /URL or the path of a module/],
  ['framing', 'lines', '"lines"', /must be made by raw\(\), lines\(\)/],
  ['framing', {}, '{}', /must be made by raw\(\)/],
  ['format', 'morse', '"morse"', /must be one of utf-8/],
  ['format', 7, '7', /must be the name of a format/],
  ['data', () => {}, 'a function', /must be a value that structured clone can copy/],
  ['size', 0, '0', /whole number of bytes from 1/],
  ['threads', 0, '0', /from 1 to 1024, \{ min, max, idleTimeout\? \} within it, or 'per-connection'/],
  ['threads', 1025, '1025', /from 1 to 1024/],
  ['threads', 'per-client', '"per-client"', /or 'per-connection'/],
  ['threads', { min: 2, max: 1 }, '{ min: 2, max: 1 }', /\{ min, max, idleTimeout\? \}/],
  [
    'balance',
    'random',
    '"random"',
    /must be one of least-connections, round-robin, source-address, or a function/,
  ],
  ['deny', ['10.0.0.0/33'], "[ '10.0.0.0/33' ]", /addresses and networks/],
  ['acceptRate', 5, '5', /must be \{ perSecond, burst\? \}/],
  ['maxThreads', 0, '0', /whole number of threads from 1/],
  ['maxConnections', 0, '0', /whole number of connections from 1/],
  ['backlog', 0, '0', /whole number of connections from 1/],
  ['noDelay', 1, '1', /true or false/],
  ['keepAlive', -1, '-1', /whole number of milliseconds/],
  ['startTimeout', 0, '0', /whole number of milliseconds from 1/],
  ['threadMemoryLimit', -1, '-1', /whole number of MiB/],
  ['threadYoungMemoryLimit', 0.5, '0.5', /whole number of MiB/],
  ['maxCrashes', 0, '0', /number of crashes above 0, or Infinity/],
  ['crashWindow', 0, '0', /whole number of milliseconds from 1/],
  ['closeTimeout', -1, '-1', /whole number of milliseconds from 0 to 2147483647, or Infinity/],
  ['closeTimeout', 2 ** 31, '2147483648', /from 0 to 2147483647/],
  ['highWaterMark', 0, '0', /whole number of bytes from 1/],
  ['lingerTimeout', -1, '-1', /whole number of milliseconds/],
  ['idleTimeout', -1, '-1', /whole number of milliseconds/],
  ['messageTimeout', -1, '-1', /whole number of milliseconds/],
  ['writeTimeout', -1, '-1', /whole number of milliseconds/],
  ['maxWriteBuffer', 0, '0', /number of bytes above 0, or Infinity/],
  ['maxLifetime', -1, '-1', /whole number of milliseconds/],
  ['lifetimeJitter', 1.1, '1.1', /number from 0 to 1/],
  ['messagesPerSecond', 0, '0', /number of messages per second above 0/],
  ['bytesPerSecond', -1, '-1', /number of bytes per second above 0/],
];
for (const [option, value, shown, rule] of wrong) {
  test(`option ${option} can't be ${shown}`, async () => {
    await assert.rejects(listen({ [option]: value }), (error: unknown) => {
      assert.ok(error instanceof OptionError, String(error));
      assert.equal(error.code, 'ERR_INVALID_OPTION');
      assert.equal(error.option, option);
      assert.ok(error.message.startsWith(`option "${option}" `), error.message);
      assert.ok(error.message.endsWith(`, got ${shown}`), error.message);
      assert.match(error.message, rule);
      return true;
    });
  });
}

test('an unknown option is named', async () => {
  await assert.rejects(listen({ prot: 80 } as ListenOptions), {
    name: 'OptionError',
    option: 'prot',
    message: 'option "prot" isn\'t known',
  });
});

test('the options must be an object', async () => {
  await assert.rejects(listen(80 as ListenOptions), { name: 'OptionError', option: 'options' });
});

test('a wrong option of a framing is named', async () => {
  await assert.rejects(listen({ framing: { type: 'lines', maxLength: -1 } }), (error: Error) => {
    assert.ok(error instanceof OptionError, String(error));
    assert.match(error.message, /maxLength/);
    return true;
  });
});

test('what is left out or undefined has its default', () => {
  const { port, host, closeTimeout, limits } = parseOptions({ port: undefined, size: undefined });
  assert.deepEqual(
    { port, host, closeTimeout, size: limits.size, highWaterMark: limits.highWaterMark },
    { port: 0, host: 'localhost', closeTimeout: 10_000, size: 1024, highWaterMark: 65_536 },
  );
});
