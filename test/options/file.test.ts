import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { mainEntries, parseMainOptions } from '../../src/echo/main-options.ts';
import { readOptionsFile } from '../../src/options/file.ts';
import { folder } from '../support/folder.ts';

function read(t: TestContext, text: string): Record<string, unknown> {
  return readOptionsFile(join(folder(t, { 'options.json': text }), 'options.json'), mainEntries);
}

describe('an options file', () => {
  test('has the options of listen() and main() that JSON can express', (t) => {
    const options = {
      port: 0,
      threads: { min: 1, max: 2 },
      framing: { type: 'delimiter', delimiters: ['\r\n'] },
      format: { type: 'utf-8', fatal: true },
      allow: ['10.0.0.0/8'],
      acceptRate: { perSecond: 5, burst: 2 },
      noDelay: false,
      data: { any: ['thing'] },
    };
    assert.deepEqual(read(t, JSON.stringify(options)), options);
    const { threads, framing, data } = parseMainOptions(read(t, JSON.stringify(options)));
    assert.deepEqual(threads, { min: 1, max: 2, idleTimeout: 60_000 });
    assert.deepEqual([framing, data], [options.framing, options.data]);
  });

  test('"Infinity" is the number where an option may be that, and text elsewhere', (t) => {
    const options = read(
      t,
      '{ "maxCrashes": "Infinity", "host": "Infinity", "port": "Infinity", "x": "Infinity" }',
    );
    assert.deepEqual(options, { maxCrashes: Infinity, host: 'Infinity', port: 'Infinity', x: 'Infinity' });
  });

  for (const [text, message] of [
    ['{ "port": 1, }', /^option "options" must be a JSON file: .*options\.json: .*in JSON at position/],
    ['', /^option "options" must be a JSON file: .*options\.json: Unexpected end of JSON input$/],
    ['[1]', /^option "options" must be a file with a JSON object: .*options\.json, got \[ 1 \]$/],
    ['null', /^option "options" must be a file with a JSON object: .*options\.json, got null$/],
    ['"x"', /^option "options" must be a file with a JSON object: .*options\.json, got "x"$/],
  ] as const) {
    test(`${text || 'nothing'} is none`, (t) => {
      assert.throws(() => read(t, text), { name: 'OptionError', option: 'options', message });
    });
  }

  test("what can't be read is none", (t) => {
    const path = folder(t);
    for (const [given, code] of [
      [join(path, 'missing.json'), 'ENOENT'],
      [path, 'EISDIR'],
    ] as const) {
      assert.throws(() => readOptionsFile(given, mainEntries), {
        name: 'OptionError',
        option: 'options',
        message: `option "options" must be the path of a file, got ${JSON.stringify(given)} (${code})`,
      });
    }
  });
});
