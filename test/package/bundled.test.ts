import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test, type TestContext } from 'node:test';
import { Client } from '../support/client.ts';
import { command, type Command } from '../support/command.ts';
import { folder } from '../support/folder.ts';
import { unusedPort, untilPort } from '../support/port.ts';
import { install, ROOT } from '../support/installed.ts';

const ESBUILD = fileURLToPath(import.meta.resolve('esbuild/bin/esbuild'));
const PAGE = readFileSync(join(ROOT, 'docs/bundling.md'), 'utf-8');

const server = (handler: string, thread?: string): string => `
  import { listen } from 'multithread-server';
  const here = typeof __filename === 'string' ? 'file://' + __filename : import.meta.url;
  const threadEntry = ${thread === undefined ? 'undefined' : `new URL('${thread}', here)`};
  const options = { host: '127.0.0.1', threads: 1, closeOn: ['SIGTERM'], threadEntry };
  listen({ ...options, handler: new URL('${handler}', here) }).then(
    (started) => {
      started.on('disconnect', ({ reason }) => console.log(reason));
      console.log('[LISTENING] on port ' + started.address.port);
    },
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );`;

/** What it throws and what it catches is of the package, of which each bundle may have a copy of its own. */
const HANDLER = `
  import { ConnectionError, defineHandler, MessageError } from 'multithread-server/handler';
  export const framing = {
    name: 'own',
    createDecoder: () => ({
      buffered: 0,
      decode(bytes, start, end, emit) {
        if (bytes.toString('utf-8', start, end) === 'bad') throw new MessageError('invalid-message', 'bad');
        emit(bytes, start, end, start, end);
        return end;
      },
    }),
    encode: (message, encoding, write) => write(message),
  };
  export default defineHandler({
    message: async (connection, message) => {
      await connection.send(message.toUpperCase());
      if (message !== 'end') return;
      connection.end();
      const error = await connection.send('more').catch((why) => why);
      console.log('caught: ' + [ConnectionError, MessageError, Error].map((kind) => error instanceof kind));
    },
  });`;

const FILES = {
  'server.js': server('./handler.js', './thread.js'),
  'server-of-cjs.js': server('./handler.cjs', './thread.mjs'),
  'server-alone.js': server('./handler.js'),
  'handler.js': HANDLER,
  'documented/server.ts': shown('server.ts'),
  'documented/handler.ts': shown('handler.ts'),
};

const ALL = ['--bundle', '--platform=node'];
const ESM = [...ALL, '--format=esm'];
const CJS = [...ALL, '--format=cjs'];
const THREAD = 'thread=multithread-server/thread';

interface Bundles {
  readonly runs: string;
  /** What esbuild is told, once for each bundle. */
  readonly built: readonly (readonly string[])[];
}

const WAYS: Readonly<Record<string, Bundles>> = {
  'ES modules that share code': {
    runs: 'server.js',
    built: [['server.js', 'handler.js', THREAD, '--splitting', ...ESM]],
  },
  'the same, minified': {
    runs: 'server.js',
    built: [['server.js', 'handler.js', THREAD, '--splitting', '--minify', ...ESM]],
  },
  'ES modules, each with a copy of its own': {
    runs: 'server.js',
    built: [['server.js', 'handler.js', THREAD, '--minify', ...ESM]],
  },
  'a CommonJS handler': {
    runs: 'server-of-cjs.mjs',
    built: [
      ['server-of-cjs.js', THREAD, '--out-extension:.js=.mjs', ...ESM],
      ['handler.js', '--out-extension:.js=.cjs', ...CJS],
    ],
  },
  'a CommonJS server and handler': {
    runs: 'server-of-cjs.cjs',
    built: [
      [
        'server-of-cjs.js',
        'handler.js',
        '--out-extension:.js=.cjs',
        '--log-override:empty-import-meta=silent',
        ...CJS,
      ],
      [THREAD, '--out-extension:.js=.mjs', ...ESM],
    ],
  },
};

describe('bundled by esbuild', { concurrency: 2 }, () => {
  const home = folder({ after });
  let project = '';
  before(() => {
    project = install(home, FILES);
  });

  /** Bundles into a folder where there is nothing else. */
  function bundle(t: TestContext, built: Bundles['built'], from = project): string {
    const out = folder(t, { 'package.json': '{ "type": "module" }' });
    for (const args of built) {
      execFileSync(ESBUILD, [...args, `--outdir=${out}`, '--log-level=warning'], {
        cwd: from,
      });
    }
    return out;
  }

  for (const [way, { runs, built }] of Object.entries(WAYS)) {
    test(way, async (t) => {
      const running = start(t, bundle(t, built), runs);
      const address = { port: await running.port() };
      for (const message of ['bad', 'end']) {
        const client = await Client.connect({ address });
        await client.ask('hello', 'HELLO');
        client.send(message);
        await client.fin();
        client.end();
      }
      const [, ...lines] = await running.lines(4);
      assert.deepEqual(lines.toSorted(), ['caught: true,false,true', 'invalid-message', 'peer-end']);
      running.process.kill('SIGTERM');
      const { code, stderr } = await running.end();
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    });
  }

  test('as documented', async (t) => {
    const port = await unusedPort();
    const [npx, esbuild, ...args] = shown().split(/\s+/);
    assert.deepEqual([npx, esbuild], ['npx', 'esbuild']);
    const built = args.filter((arg) => arg !== '' && !arg.startsWith('--outdir'));
    const out = bundle(t, [[...built, `--define:PORT=${port}`]], join(project, 'documented'));
    const running = start(t, out, 'server.js');
    await untilPort(port, 'open');
    const client = await Client.connect({ address: { port } });
    await client.ask('hello\n', 'HELLO\n');
    client.end();
    running.process.kill('SIGTERM');
    const { code, stderr } = await running.end();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });

  test('where no threadEntry is given, it is said what is missing', async (t) => {
    for (const [built, runs] of [
      [[['server-alone.js', 'handler.js', ...ESM]], 'server-alone.js'],
      [
        [['server-alone.js', '--out-extension:.js=.cjs', '--log-override:empty-import-meta=silent', ...CJS]],
        'server-alone.cjs',
      ],
    ] as const) {
      const { code, stderr } = await start(t, bundle(t, built), runs).end();
      assert.match(stderr, /^the entry of threads .*isn't there: .*"threadEntry".*\n$/);
      assert.equal(code, 1);
    }
  });
});

function start(t: TestContext, cwd: string, name: string): Command {
  return command(t, process.execPath, [name], { cwd });
}

/** A file that docs/bundling.md shows, on a port of the test's; without a name, the command. */
function shown(name?: string): string {
  const blocks = [...PAGE.matchAll(/^```(ts|sh)\n(?:\/\/ (\S+)\n)?(.*?)^```$/gms)];
  const block = blocks.find(([, kind, found]) => (name === undefined ? kind === 'sh' : found === name));
  assert.ok(block, `docs/bundling.md shows ${name ?? 'a command'}`);
  return block[3]!.replace('port: 7000', 'port: PORT');
}
