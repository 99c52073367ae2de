import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listen, OptionError, ThreadError, type ListenOptions } from '../../../src/index.ts';
import { folder } from '../../support/folder.ts';
import { Client } from '../../support/client.ts';
import { fixture, serve } from '../../support/serve.ts';

const SOURCE = new URL('../../../src/index.ts', import.meta.url).href;

/** Prints what a handler answers, and with it what a preloaded module has left in the thread. */
const BODY = `
  const handler = 'data:text/javascript,export default { message: (c, m) => c.send(m + (globalThis.preloaded ?? "")) }';
  const server = await listen({ host: '127.0.0.1', threads: 1, handler });
  const client = await connect({ port: server.address.port });
  await client.send('served');
  console.log(await client.receive());
  client.end();
  await server.close();`;
const MODULE = `import { connect, listen } from '${SOURCE}'; ${BODY}`;
const SCRIPT = `(async () => { const { connect, listen } = await import('${SOURCE}'); ${BODY} })(); undefined`;
const TYPED = MODULE.replace('const handler', 'const handler: string');

interface Start {
  readonly args: readonly string[];
  readonly input?: string;
  readonly options?: string;
}

const STARTS: Readonly<Record<string, Start>> = {
  '-e': { args: ['-e', MODULE] },
  '--input-type=module -e': { args: ['--input-type=module', '-e', MODULE] },
  '-e … --input-type module': { args: ['-e', MODULE, '--input-type', 'module'] },
  '--input-type=module, stdin': { args: ['--input-type=module'], input: MODULE },
  '--input-type=module-typescript -e': { args: ['--input-type=module-typescript', '-e', TYPED] },
  '--input-type=commonjs -e': { args: ['--input-type=commonjs', '-e', SCRIPT] },
  '--input-type=commonjs -p': { args: ['--input-type=commonjs', '-p', SCRIPT] },
  '--input-type=module in NODE_OPTIONS': { args: ['-e', MODULE], options: '--input-type=module' },
  '--input-type=module beside flags of V8': {
    args: ['--expose-gc', '--max-old-space-size=256', '--input-type=module', '-e', MODULE],
  },
};

describe('threads start, however the process was started', { concurrency: 2 }, () => {
  for (const [name, { args, input = '', options = '' }] of Object.entries(STARTS)) {
    test(name, () => {
      const env = { ...process.env, NODE_OPTIONS: options };
      const { stdout, stderr } = spawnSync(process.execPath, args, { input, env, encoding: 'utf-8' });
      assert.match(stdout, /^served$/m, stderr);
      assert.equal(stderr, '');
    });
  }

  for (const type of [[], ['--input-type=module']]) {
    test(['what is preloaded is preloaded in threads', ...type].join(' '), (t) => {
      const preloaded = join(
        folder(t, { 'preloaded.mjs': "globalThis.preloaded = ', too';" }),
        'preloaded.mjs',
      );
      const args = ['--import', preloaded, ...type, '-e', MODULE];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf-8' });
      assert.deepEqual({ stdout, stderr }, { stdout: 'served, too\n', stderr: '' });
    });
  }
});

describe('threadEntry', () => {
  for (const threadEntry of [
    new URL('../../../src/thread/entry.ts', import.meta.url),
    'src/thread/entry.ts',
  ]) {
    test(`threads begin where ${typeof threadEntry === 'string' ? 'a path' : 'a URL'} leads`, async (t) => {
      const client = await Client.connect(await serve(t, { threadEntry, handler: fixture('upper') }));
      await client.ask('hello', 'HELLO');
    });
  }

  test('one that leads nowhere is told', async () => {
    await assert.rejects(
      listen({ threadEntry: new URL('nowhere/thread.js', import.meta.url) }),
      (error: Error) => {
        assert.ok(error instanceof ThreadError);
        assert.match(
          error.message,
          /^the entry of threads .*nowhere\/thread\.js isn't there: .*"threadEntry"/,
        );
        return true;
      },
    );
  });

  test('a number is refused', async () => {
    const options = { threadEntry: 4 } as unknown as ListenOptions;
    await assert.rejects(listen(options), OptionError);
  });
});
