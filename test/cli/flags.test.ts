import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Command } from 'commander';
import { addFlags, flagOf } from '../../src/cli/flags.ts';
import { mainEntries, parseMainOptions, type MainOptions } from '../../src/echo/main-options.ts';
import { factsOf } from '../../src/options/option.ts';

/** What the options are when a command line is read. */
function read(...args: string[]): Record<string, unknown> {
  const command = new Command().exitOverride().configureOutput({ outputError: () => {} });
  addFlags(command, mainEntries);
  return command.parse(args, { from: 'user' }).opts();
}

const HANDLER = 'src/echo/handler.ts';

/** A value of each option that isn't its default, as it is written and as it is. */
const WRITTEN: { [K in Exclude<keyof MainOptions, 'data'>]-?: [text: string, value: MainOptions[K]] } = {
  handler: [HANDLER, HANDLER],
  threadEntry: [HANDLER, HANDLER],
  framing: ['lines:64', { type: 'lines', maxLength: 64 }],
  format: ['latin1', 'latin1'],
  port: ['0', 0],
  host: ['::1', '::1'],
  path: ['/tmp/a.sock', '/tmp/a.sock'],
  transport: ['auto', 'auto'],
  ioUringEntries: ['256', 256],
  ioUringBuffers: ['64', 64],
  ioUringBufferSize: ['4096', 4096],
  ioUringSendMemory: ['1048576', 2 ** 20],
  backlog: ['7', 7],
  noDelay: ['false', false],
  keepAlive: ['0', 0],
  threads: ['2-3', { min: 2, max: 3 }],
  maxThreads: ['7', 7],
  balance: ['round-robin', 'round-robin'],
  startTimeout: ['7', 7],
  threadMemoryLimit: ['7', 7],
  threadYoungMemoryLimit: ['7', 7],
  maxCrashes: ['Infinity', Infinity],
  crashWindow: ['7', 7],
  stallTimeout: ['7', 7],
  killStalledAfter: ['7', 7],
  blackBox: ['boxes', 'boxes'],
  onDrain: ['wait', 'wait'],
  closeTimeout: ['7', 7],
  closeOn: ['SIGHUP, SIGTERM', ['SIGHUP', 'SIGTERM']],
  maxConnections: ['7', 7],
  maxConnectionsPerAddress: ['7', 7],
  allow: ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
  deny: ['192.0.2.1', ['192.0.2.1']],
  acceptRate: ['5', { perSecond: 5 }],
  acceptRatePerAddress: ['2.5/7', { perSecond: 2.5, burst: 7 }],
  reservedDescriptors: ['7', 7],
  size: ['7', 7],
  highWaterMark: ['7', 7],
  lingerTimeout: ['7', 7],
  idleTimeout: ['7', 7],
  messageTimeout: ['7', 7],
  writeTimeout: ['7', 7],
  maxWriteBuffer: ['7', 7],
  maxLifetime: ['7', 7],
  lifetimeJitter: ['0.5', 0.5],
  messagesPerSecond: ['7', 7],
  bytesPerSecond: ['7', 7],
  disconnectMessage: ['bye', 'bye'],
};

describe('flags', () => {
  for (const [name, [text, value]] of Object.entries(WRITTEN)) {
    test(`${flagOf(name)} ${text}`, () => {
      const options = read(flagOf(name), text);
      assert.deepEqual(options, { [name]: value });
      // A port of 0 is the only value here that is a default of listen()'s.
      assert.notDeepEqual(value, factsOf(mainEntries[name as keyof MainOptions]).default);
      assert.deepEqual(parseMainOptions(options), parseMainOptions({ [name]: value }));
    });
  }

  test('every option has one but data, which has no form in text', () => {
    const without = Object.entries(mainEntries).filter(([, entry]) => factsOf(entry).flag === undefined);
    assert.deepEqual(
      without.map(([name]) => name),
      ['data'],
    );
    assert.deepEqual(
      new Set(Object.keys(WRITTEN)),
      new Set(Object.keys(mainEntries).filter((name) => name !== 'data')),
    );
  });

  test('without flags nothing is given: the defaults are the options’ own', () => {
    assert.deepEqual(read(), {});
  });

  test('what hasn’t the form stays text, which the option’s rule refuses', () => {
    for (const [name, text, message] of [
      ['noDelay', 'yes', 'option "noDelay" must be true or false, got "yes"'],
      ['threads', '2-', /^option "threads" must be .*, got "2-"$/],
      ['threads', '3-2', /^option "threads" must be .*, got \{ min: 3, max: 2 \}$/],
      ['acceptRate', 'x/2', /^option "acceptRate\.perSecond" must be .*, got "x"$/],
      ['maxCrashes', 'infinity', /^option "maxCrashes" must be .*, got "infinity"$/],
      ['backlog', 'Infinity', /^option "backlog" must be .*, got "Infinity"$/],
      ['lifetimeJitter', '1,5', /^option "lifetimeJitter" must be .*, got "1,5"$/],
      ['balance', 'random', /^option "balance" must be one of .*, got "random"$/],
    ] as const) {
      assert.throws(() => parseMainOptions(read(flagOf(name), text)), { name: 'OptionError', message });
    }
  });

  test('--help tells the default of each', () => {
    const command = new Command().configureHelp({ helpWidth: 1000 });
    addFlags(command, mainEntries);
    const help = command.helpInformation();
    for (const [name, entry] of Object.entries(mainEntries)) {
      const { flag, default: fixed, defaultText } = factsOf(entry);
      if (!flag) continue;
      const [line] = new RegExp(`^ +${flagOf(name)} <.*$`, 'm').exec(help) ?? [];
      const told = /\(default: (.*)\)$/.exec(line ?? '')?.[1];
      assert.ok(told, `${name}: ${line}`);
      if (defaultText === undefined) assert.equal(told, String(fixed));
    }
    assert.match(help, /wins over --deny|wins over --allow/, 'other options are named as flags');
  });
});
