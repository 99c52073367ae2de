import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type * as v from 'valibot';
import { IP, PORT, SIZE } from '../../src/echo/handler.ts';
import { mainEntries, mainGroupOf, parseMainOptions, type MainOptions } from '../../src/echo/main-options.ts';
import { connectEntries, parseConnectOptions } from '../../src/options/connect-options.ts';
import type { FormatDescriptor, FormatName } from '../../src/format/descriptor.ts';
import { listenEntries, parseOptions } from '../../src/options/listen-options.ts';
import { factsOf } from '../../src/options/option.ts';
import type { ConnectOptions, ListenOptions } from '../../src/options/public.ts';

type Entries = Readonly<Record<string, v.GenericSchema>>;

/** What the entries take, for an interface's option of the same name. */
type Given<E extends Entries> = { [K in keyof E]: v.InferInput<E[K]> };
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Names of options whose types aren't the same in interface and entries, or that one of them hasn't. */
type Different<I, E extends Entries> = {
  [K in keyof I | keyof E]: K extends keyof I & keyof E
    ? Same<I[K], Given<E>[K]> extends true
      ? never
      : K
    : K;
}[keyof I | keyof E];

/** Compiles only for what is no type at all. */
function none<T>(..._proof: [T] extends [never] ? [] : [different: T]): void {}

const TABLES: Readonly<Record<string, Entries>> = {
  'listen()': listenEntries,
  'main()': mainEntries,
  'connect()': connectEntries,
};

describe('the entries of options', () => {
  test('they and the public interfaces have the same options of the same types', () => {
    none<Different<ListenOptions, typeof listenEntries>>();
    none<Different<MainOptions, typeof mainEntries>>();
    none<Different<ConnectOptions<FormatName | FormatDescriptor>, typeof connectEntries>>();
    // @ts-expect-error -- a difference is told
    none<Different<ListenOptions & { more?: string }, typeof listenEntries>>();
    // @ts-expect-error -- that of a type, too
    none<Different<Omit<ListenOptions, 'port'> & { port?: string }, typeof listenEntries>>();
    assert.ok(Object.keys(listenEntries).length > 0);
  });

  for (const [name, entries] of Object.entries(TABLES)) {
    test(`${name}: each says what it means and what it is by default`, () => {
      for (const [option, entry] of Object.entries(entries)) {
        const { text, isRequired, default: fixed, defaultText } = factsOf(entry);
        assert.match(text, /^[^a-z].*\.$/, option);
        assert.ok(isRequired || fixed !== undefined || defaultText !== undefined, option);
      }
    });
  }

  test('what is a time or a size has a unit', () => {
    for (const [option, entry] of Object.entries({ ...mainEntries, ...connectEntries } as Entries)) {
      const { unit } = factsOf(entry);
      if (/(timeout|window|after|alive|lifetime)$/i.test(option)) assert.equal(unit, 'milliseconds', option);
      if (option.endsWith('MemoryLimit')) assert.equal(unit, 'MiB', option);
      if (/^(size|highWaterMark|maxWriteBuffer)$/.test(option)) assert.equal(unit, 'bytes', option);
    }
  });

  test('the defaults that are told are those that hold', () => {
    const parsed = {
      'listen()': parseOptions({}),
      'main()': parseMainOptions({}),
      'connect()': parseConnectOptions({ port: 1 }),
    };
    for (const [name, options] of Object.entries(parsed)) {
      for (const [option, entry] of Object.entries(TABLES[name]!)) {
        const { default: fixed } = factsOf(entry);
        if (fixed === undefined || option === 'format' || option === 'disconnectMessage') continue;
        assert.deepEqual(options[option as keyof typeof options], fixed, `${name} ${option}`);
      }
    }
    assert.deepEqual(parsed['connect()'].format, { type: 'utf-8' });
    assert.deepEqual(parsed['main()'].data, { disconnectMessage: '!DISCONNECT' });
  });

  test("main() has listen()'s defaults but for the original module's constants", () => {
    const differing = Object.keys(listenEntries).filter(
      (name) =>
        factsOf(mainEntries[name as keyof ListenOptions]).default !==
        factsOf(listenEntries[name as keyof ListenOptions]).default,
    );
    assert.deepEqual(differing, ['port']);
    const { host, port, size } = mainEntries;
    assert.deepEqual([host.default, port.default, size.default], [IP, PORT, SIZE]);
  });

  test('each stands under a heading', () => {
    assert.deepEqual(
      new Set(Object.keys(mainEntries).map(mainGroupOf)),
      new Set([
        'Handler and messages',
        'Where it listens',
        'Threads',
        'Who may come in',
        'What bounds a connection',
        'The echo handler',
      ]),
    );
  });
});
