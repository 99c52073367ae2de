import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { command, type Command } from '../support/command.ts';
import { folder } from '../support/folder.ts';
import { Client } from '../support/client.ts';
import { until } from '../support/wait.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** Root may read everything: where that is who runs the tests, the server is somebody else's. */
const OTHER_USER = process.getuid?.() === 0 ? NOBODY : [];
const cannot =
  OTHER_USER.length > 0 &&
  spawnSync(NOBODY[0]!, [...NOBODY.slice(1), process.execPath, '--version']).status !== 0;
const skip = cannot ? 'no other user who may run Node' : false;

/** In a user namespace of its own one may have fewer watches. */
const FEW_WATCHES = ['unshare', '--user', '--map-root-user', 'sh', '-c'];
const LIMIT = 'echo 1 > /proc/sys/user/max_inotify_watches';
const canLimit = spawnSync(FEW_WATCHES[0]!, [...FEW_WATCHES.slice(1), LIMIT]).status === 0;

const saying = (word: string): string =>
  `export default { framing: { type: 'lines' }, message: (connection) => connection.send(${word}) };`;
const HANDLER = `import { word } from './lib/word.mjs';\n${saying('word')}`;
const word = (text: string): string => `export const word = '${text}';`;

class Watching {
  readonly cwd: string;
  readonly server: Command;
  #reloads = 0;
  #errors = '';

  constructor(t: TestContext, cwd: string, handler: string, as: readonly string[] = OTHER_USER) {
    this.cwd = cwd;
    const args = ['--handler', handler, '--watch', '--port', '0', '--threads', '1'];
    const [file = '', ...rest] = [...as, process.execPath, MAIN, ...args];
    this.server = command(t, file, rest, { cwd });
    this.server.process.stdout!.on('data', (text: string) => {
      this.#reloads += text.split('[RELOADED]').length - 1;
    });
    this.server.process.stderr!.on('data', (text: string) => {
      this.#errors += text;
    });
  }

  get reloads(): number {
    return this.#reloads;
  }

  get errors(): string[] {
    return this.#errors.split('\n').slice(0, -1);
  }

  path(...names: string[]): string {
    return join(this.cwd, ...names);
  }

  /** What a new client is told. */
  async says(): Promise<string> {
    const client = await Client.connect({ address: { port: await this.server.port() } });
    client.send('\n');
    const answer = await client.readLine();
    client.end();
    return answer;
  }

  /** Waits until new clients are told this. */
  async untilItSays(expected: string): Promise<void> {
    let said = '';
    for (let reloads = -1; said !== expected; said = await this.says()) {
      await until(
        () => this.#reloads > reloads,
        () => `a reload after ${JSON.stringify(said)}; errors: ${this.#errors}`,
      );
      reloads = this.#reloads;
    }
  }

  async untilErrors(count: number): Promise<string[]> {
    await until(
      () => this.errors.length >= count,
      () => `${count} errors, got ${this.#errors}`,
    );
    return this.errors;
  }
}

/** A folder that everybody may read. */
function open(t: TestContext, files: Record<string, string>): string {
  const path = folder(t, files);
  chmodSync(path, 0o755);
  return path;
}

const FILES = { 'handler.mjs': HANDLER, 'lib/word.mjs': word('one') };

describe('--watch', { concurrency: 4 }, () => {
  test(
    'a directory that may not be read costs one error; what is beside it is watched',
    { skip },
    async (t) => {
      const cwd = open(t, { ...FILES, 'secret/more.mjs': '' });
      chmodSync(join(cwd, 'secret'), 0o000);
      const watching = new Watching(t, cwd, 'handler.mjs');
      assert.equal(await watching.says(), 'one');
      writeFileSync(watching.path('lib/word.mjs'), word('two'));
      await watching.untilItSays('two');
      const secret = watching.path('secret');
      assert.deepEqual(watching.errors, [
        `error: watch: ${secret} may not be read: watching it is tried again`,
      ]);

      const { reloads } = watching;
      chmodSync(secret, 0o755);
      writeFileSync(join(secret, 'more.mjs'), 'export {};');
      await until(
        () => watching.reloads > reloads,
        () => 'a reload for what may be read again',
      );
      assert.equal(watching.errors.length, 1);
    },
  );

  test('a directory that may no longer be read costs one error, and no client', { skip }, async (t) => {
    const watching = new Watching(t, open(t, { ...FILES, 'lib/deep/more.mjs': '' }), 'handler.mjs');
    const client = await Client.connect({ address: { port: await watching.server.port() } });
    await client.ask('\n', 'one\n');
    for (const name of ['lib', 'lib/deep']) {
      const { length } = watching.errors;
      chmodSync(watching.path(name), 0o000);
      await watching.untilErrors(length + 1);
      await client.ask('\n', 'one\n');
      chmodSync(watching.path(name), 0o755);
    }
    writeFileSync(watching.path('lib/word.mjs'), word('two'));
    await watching.untilItSays('two');
    await client.ask('\n', 'one\n');
    client.end();
    assert.deepEqual(
      watching.errors,
      ['lib', 'lib/deep'].map(
        (name) => `error: watch: ${watching.path(name)} may not be read: watching it is tried again`,
      ),
    );
  });

  test("the handler's own directory may no longer be read, then may again", { skip }, async (t) => {
    const watching = new Watching(t, open(t, { 'app/handler.mjs': saying("'one'") }), 'app/handler.mjs');
    assert.equal(await watching.says(), 'one');
    chmodSync(watching.path('app'), 0o000);
    const [error] = await watching.untilErrors(1);
    assert.match(error!, /^error: watch: .*app.* may not be read.*: watching it is tried again$/);
    assert.equal(await watching.says(), 'one');
    chmodSync(watching.path('app'), 0o755);
    writeFileSync(watching.path('app/handler.mjs'), saying("'two'"));
    await watching.untilItSays('two');
    assert.equal(watching.errors.length, 1);
  });

  for (const way of ['removed', 'renamed'] as const) {
    test(`the handler's directory is ${way}, and there again`, async (t) => {
      const watching = new Watching(t, open(t, { 'app/handler.mjs': saying("'one'") }), 'app/handler.mjs');
      assert.equal(await watching.says(), 'one');
      if (way === 'removed') rmSync(watching.path('app'), { recursive: true });
      else renameSync(watching.path('app'), watching.path('old'));
      assert.deepEqual(await watching.untilErrors(1), [
        `error: watch: ${watching.path('app/handler.mjs')} is gone: watching it is tried again`,
      ]);
      assert.equal(await watching.says(), 'one');
      for (const text of ['two', 'three']) {
        mkdirSync(watching.path('app'), { recursive: true });
        writeFileSync(watching.path('app/handler.mjs'), saying(`'${text}'`));
        await watching.untilItSays(text);
      }
      assert.equal(watching.errors.length, 1);
    });
  }

  test('a link to the release is swapped, time and again', async (t) => {
    const cwd = open(t, {
      'releases/1/handler.mjs': HANDLER,
      'releases/1/lib/word.mjs': word('one'),
      'releases/2/lib/word.mjs': word('two'),
    });
    // What didn't change between releases may be the same file in both.
    linkSync(join(cwd, 'releases/1/handler.mjs'), join(cwd, 'releases/2/handler.mjs'));
    symlinkSync('releases/1', join(cwd, 'current'));
    const watching = new Watching(t, cwd, 'current/handler.mjs');
    assert.equal(await watching.says(), 'one');
    swap(watching, 'releases/2');
    await watching.untilItSays('two');
    writeFileSync(watching.path('releases/2/lib/word.mjs'), word('two, mended'));
    await watching.untilItSays('two, mended');
    swap(watching, 'releases/1');
    await watching.untilItSays('one');
    assert.deepEqual(watching.errors, []);
  });

  test('a directory above is swapped by renaming', async (t) => {
    const cwd = open(t, { 'live/app/handler.mjs': saying("'one'"), 'next/app/handler.mjs': saying("'two'") });
    const watching = new Watching(t, cwd, 'live/app/handler.mjs');
    assert.equal(await watching.says(), 'one');
    renameSync(watching.path('live'), watching.path('old'));
    renameSync(watching.path('next'), watching.path('live'));
    await watching.untilItSays('two');
    writeFileSync(watching.path('live/app/handler.mjs'), saying("'three'"));
    await watching.untilItSays('three');
  });

  test('the handler is a link, and so is what it imports', async (t) => {
    const cwd = open(t, {
      'a/main.mjs': HANDLER,
      'a/lib/word.mjs': word('unused'),
      'b/word.mjs': word('one'),
    });
    rmSync(join(cwd, 'a/lib'), { recursive: true });
    symlinkSync('../b', join(cwd, 'a/lib'));
    symlinkSync('a/main.mjs', join(cwd, 'handler.mjs'));
    const watching = new Watching(t, cwd, 'handler.mjs');
    assert.equal(await watching.says(), 'one');
    writeFileSync(watching.path('b/word.mjs'), word('two'));
    await watching.untilItSays('two');
    writeFileSync(watching.path('a/main.mjs'), saying("'three'"));
    await watching.untilItSays('three');
    cpSync(watching.path('a/main.mjs'), watching.path('other.mjs'));
    writeFileSync(watching.path('other.mjs'), saying("'four'"));
    symlinkSync('other.mjs', watching.path('handler.new'));
    renameSync(watching.path('handler.new'), watching.path('handler.mjs'));
    await watching.untilItSays('four');
  });

  test('directories that come later are watched', async (t) => {
    const watching = new Watching(t, open(t, { 'handler.mjs': saying("'one'") }), 'handler.mjs');
    assert.equal(await watching.says(), 'one');
    mkdirSync(watching.path('lib/a/b'), { recursive: true });
    writeFileSync(watching.path('lib/a/b/word.mjs'), word('two'));
    writeFileSync(
      watching.path('handler.mjs'),
      `import { word } from './lib/a/b/word.mjs';\n${saying('word')}`,
    );
    await watching.untilItSays('two');
    writeFileSync(watching.path('lib/a/b/word.mjs'), word('three'));
    await watching.untilItSays('three');
  });

  const unlimited = canLimit ? false : 'watches cannot be limited here';
  test(
    'the system has no watches left: the handler is looked at all the same',
    { skip: unlimited },
    async (t) => {
      const as = [...FEW_WATCHES, `${LIMIT}; exec "$@"`, 'sh'];
      const watching = new Watching(t, open(t, FILES), 'handler.mjs', as);
      assert.equal(await watching.says(), 'one');
      assert.match((await watching.untilErrors(1))[0]!, /can't be watched: the user has no watches left/);
      writeFileSync(watching.path('handler.mjs'), saying("'two'"));
      await watching.untilItSays('two');
      assert.equal(watching.errors.length, 1);
    },
  );

  test('what is no source reloads nothing: logs, dependencies, links that lead nowhere', async (t) => {
    const watching = new Watching(t, open(t, { ...FILES, 'node_modules/x/index.mjs': '' }), 'handler.mjs');
    assert.equal(await watching.says(), 'one');
    appendFileSync(watching.path('server.log'), 'a line\n');
    writeFileSync(watching.path('node_modules/x/index.mjs'), 'export {};');
    symlinkSync('nowhere', watching.path('.#handler.mjs'));
    symlinkSync('loop.mjs', watching.path('loop.mjs'));
    writeFileSync(watching.path('lib/word.mjs'), word('two'));
    await watching.untilItSays('two');
    assert.deepEqual([watching.reloads, watching.errors], [1, []]);
  });
});

function swap(watching: Watching, target: string): void {
  symlinkSync(target, watching.path('current.new'));
  renameSync(watching.path('current.new'), watching.path('current'));
}
