import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { install } from '../support/installed.ts';

/** Preloaded in each thread, too: the handler finds there what its thread has loaded. */
const LISTENING_IN = `
  import { registerHooks } from 'node:module';
  globalThis.loaded = [];
  registerHooks({ load: (url, context, next) => { globalThis.loaded.push(url); return next(url, context); } });`;

const handler = (from: string): string => `
  import * as all from '${from}';
  const { defineHandler, lines } = all;
  export default defineHandler({
    framing: lines({ maxLength: 2 ** 20 }),
    open: (connection) => connection.send(JSON.stringify({ loaded: globalThis.loaded, exports: Object.keys(all) })),
  });`;

const FILES = {
  'listening-in.js': LISTENING_IN,
  'light.js': handler('multithread-server/handler'),
  'whole.js': handler('multithread-server'),
  'server.js': `
    import { connect, lines, listen } from 'multithread-server';
    const handler = new URL(process.argv[2], import.meta.url);
    await using server = await listen({ handler, threads: 1 });
    await using client = await connect({ port: server.address.port, framing: lines({ maxLength: 2 ** 20 }) });
    console.log(await client.receive());`,
};

/** What belongs to main or to a client. */
const FOREIGN =
  /^(main|client|cli|echo)\/|^(index|listen)\.js$|^options\/listen-options\.js$|\/main-driver\.js$/;

describe('what a thread loads', () => {
  const home = folder({ after });
  let project = '';
  before(() => {
    project = install(home, FILES);
  });

  /** The package's modules, by their paths in it. */
  function loadedBy(name: string): { loaded: string[]; exports: string[] } {
    const args = ['--import', './listening-in.js', 'server.js', `./${name}`];
    const { loaded, exports } = JSON.parse(
      execFileSync(process.execPath, args, { cwd: project, encoding: 'utf-8' }),
    );
    const own = /^file:.*\/node_modules\/multithread-server\/dist\/(.+)$/;
    return { loaded: loaded.flatMap((url: string) => own.exec(url)?.[1] ?? []), exports };
  }

  test('of multithread-server/handler: nothing of main, of a client, or of the command', () => {
    const { loaded, exports } = loadedBy('light.js');
    assert.deepEqual(
      loaded.filter((path) => FOREIGN.test(path)),
      [],
    );
    for (const path of ['handler.js', 'thread/entry.js', 'thread/serve.js']) {
      assert.ok(loaded.includes(path), path);
    }
    assert.ok(exports.includes('ConnectionError'), 'what a handler may need is there');
  });

  test('of the whole package: all of that, which shows that it would be seen', () => {
    const { loaded } = loadedBy('whole.js');
    for (const path of ['index.js', 'listen.js', 'main/server.js', 'client/connect.js', 'echo/main.js']) {
      assert.ok(loaded.includes(path), path);
    }
  });
});
