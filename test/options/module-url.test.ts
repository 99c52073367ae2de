import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { listen } from '../../src/index.ts';
import { parseOptions } from '../../src/options/listen-options.ts';
import { folder } from '../support/folder.ts';

const url = (handler: URL | string): string => parseOptions({ handler }).handler;
const refused = (shown: string) => ({
  name: 'OptionError',
  option: 'handler',
  message: `option "handler" must be the path of a file, got ${shown}`,
});

describe("a handler's URL", () => {
  test('a URL is taken as it is, whatever is behind it', () => {
    for (const given of ['file:///nowhere/handler.ts?version=2', 'data:text/javascript,0', 'node:fs']) {
      assert.equal(url(given), given);
      assert.equal(url(new URL(given)), given);
    }
  });

  test('everything else is a path from the working directory', (t) => {
    const path = join(folder(t, { 'with space#.mjs': '' }), 'with space#.mjs');
    assert.equal(url(path), pathToFileURL(path).href);
    assert.equal(url('src/echo/handler.ts'), pathToFileURL('src/echo/handler.ts').href);
    assert.equal(url('./src/../src/echo/handler.ts'), pathToFileURL('src/echo/handler.ts').href);
  });

  test('without one it is the echo handler', () => {
    assert.equal(parseOptions({}).handler, pathToFileURL('src/echo/handler.ts').href);
  });

  test("a path that isn't a file's is refused", async () => {
    const long = 'x'.repeat(5000);
    for (const [given, shown] of [
      ['missing.ts', '"missing.ts"'],
      ['.', '"."'],
      ['package.json/handler.ts', '"package.json/handler.ts"'],
      ['http://127.0.0.1/handler.ts', '"http://127.0.0.1/handler.ts"'],
      ['a\0b', String.raw`"a\u0000b" (ERR_INVALID_ARG_VALUE)`],
      [long, `${JSON.stringify(long).slice(0, 80)}… (ENAMETOOLONG)`],
    ] as const) {
      await assert.rejects(listen({ handler: given }), refused(shown));
    }
  });

  test('so is one that leads in a circle', (t) => {
    const path = join(folder(t), 'loop.ts');
    symlinkSync(path, path);
    assert.throws(() => url(path), { name: 'OptionError', message: /\(ELOOP\)$/ });
  });
});
