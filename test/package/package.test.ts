import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nodeTooOld } from '../../src/base/node-version.ts';
import { Client } from '../support/client.ts';
import { command } from '../support/command.ts';
import { folder } from '../support/folder.ts';
import { env, install, ROOT } from '../support/installed.ts';

const PROJECT = {
  'handler.js': `
    export default async function handleClient(connection) {
      for await (const message of connection) await connection.send(message.toUpperCase());
    }`,
  'library.js': `
    import { connect, lines, listen } from 'multithread-server';
    const handler = new URL('./handler.js', import.meta.url);
    await using server = await listen({ handler, framing: lines(), threads: 2 });
    await using client = await connect({ port: server.address.port, framing: lines() });
    await client.send('hello');
    console.log(await client.receive());`,
  'echo.js': `
    import { ADDR, connect, DISCONNECT_MSG, main, SIZE } from 'multithread-server';
    import echo, { handleClient } from 'multithread-server/echo';
    console.log(ADDR, SIZE, echo === handleClient);
    const server = await main({ port: 0, threads: 1 });
    const disconnected = new Promise((resolve) => server.on('disconnect', resolve));
    const client = await connect({ port: server.address.port });
    await client.send('hello');
    console.log(await client.receive());
    await client.send(DISCONNECT_MSG);
    console.log(await client.receive());
    client.end();
    console.log((await disconnected).reason);
    await server.close();`,
  'handler.ts': `
    import type { Connection, ThreadContext } from 'multithread-server';
    export default async function handleClient(connection: Connection<string>): Promise<void> {
      for await (const message of connection) await connection.send(message.toUpperCase());
    }
    export function setup(thread: ThreadContext): void {
      if (thread.framing !== 'lines') throw new Error(thread.framing);
    }`,
  'typed.ts': `
    import { connect, defineHandler, json, lines, listen, OptionError } from 'multithread-server';
    import type { CloseReason, Disconnect, ListenOptions, ServerStats } from 'multithread-server';
    import { handle_client, main, type MainOptions } from 'multithread-server/echo';

    const handler = new URL('./handler.ts', import.meta.url);
    const options: ListenOptions = { handler, framing: lines({ maxLength: 64 }), threads: 1 };
    const server = await listen(options);
    const reasons: CloseReason[] = [];
    const gone = new Promise<Disconnect>((resolve) => server.on('disconnect', resolve));
    const client = await connect({ port: server.address!.port, framing: lines() });
    await client.send('typed');
    const answer: string | undefined = await client.receive();
    client.end();
    reasons.push((await gone).reason);
    await server.close({ timeout: 1000 });
    const { accepted }: ServerStats = server.stats();
    console.log(answer, accepted, reasons.join());

    export const points = defineHandler<{ x: number }>({ message: (c, { x }) => c.send({ x: x + 1 }) });
    export const format = json<{ x: number }>();
    export const start = (o: MainOptions): Promise<unknown> => main(o);
    export { handle_client, OptionError };
    // @ts-expect-error a port is a number
    export const wrong: ListenOptions = { port: '80' };
    // @ts-expect-error there is no such reason
    export const never: CloseReason = 'bored';`,
};

const COMPILER_OPTIONS = {
  target: 'es2023',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};

describe('the package, packed and installed elsewhere', () => {
  const home = folder({ after });
  const project = join(home, 'project');
  const main = join(project, 'node_modules/multithread-server/dist/cli/main.js');

  before(() => {
    install(home, PROJECT);
  });

  test('it has what is run, its types and its papers, and nothing else', () => {
    const installed = join(project, 'node_modules/multithread-server');
    const files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(installed.length + 1));
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'].filter((name) =>
      existsSync(join(ROOT, name)),
    );
    assert.deepEqual(files.filter((name) => !name.startsWith('dist')).toSorted(byText), papers);
    const built = files.filter((name) => name.startsWith('dist'));
    assert.deepEqual(
      built.filter((name) => !/(\.d\.ts|(?<!\.test)\.js)$/.test(name)),
      [],
    );
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true }).map(String);
    assert.equal(built.length, 2 * sources.filter((name) => name.endsWith('.ts')).length);
  });

  test('JavaScript: listen() with a handler of its own', () => {
    assert.equal(node(project, 'library.js'), 'HELLO\n');
  });

  test('JavaScript: main()', () => {
    assert.match(
      node(project, 'echo.js'),
      new RegExp(
        [
          String.raw`^\[ 'localhost', 56011 \] 1024 true`,
          String.raw`\[STARTING\] Server is starting...`,
          String.raw`\[LISTENING\] Server is listening on port \d+`,
          String.raw`\[New Connection\] Client connected from (127\.0\.0\.1|\[::1\]):\d+`,
          'hello',
          'undefined',
          String.raw`\[Client disconnected\]`,
          'handler-end\n$',
        ].join('\n'),
      ),
    );
  });

  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    test(`TypeScript: ${moduleResolution} resolution compiles, the package's types included`, () => {
      const name = `tsconfig.${moduleResolution}.json`;
      const compilerOptions = { ...COMPILER_OPTIONS, module, moduleResolution };
      writeFileSync(
        join(project, name),
        JSON.stringify({ compilerOptions, files: ['handler.ts', 'typed.ts'] }),
      );
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', name], {
        cwd: project,
        encoding: 'utf-8',
      });
      assert.equal(stdout, '');
      assert.equal(status, 0);
    });
  }

  test('TypeScript: it runs', () => {
    assert.equal(node(project, 'typed.ts'), 'TYPED 1 peer-end\n');
  });

  for (const args of [[], ['--handler', 'handler.js']]) {
    test(['npx multithread-server --port 0', ...args].join(' '), async (t) => {
      const server = command(t, 'npx', ['multithread-server', '--port', '0', ...args], { cwd: project, env });
      const client = await Client.connect({ address: { port: await server.port() } });
      await client.ask('hello', args.length > 0 ? 'HELLO' : 'hello');
      // Ctrl-C in a terminal reaches all of them: npx, its shell, and the server, which hears of it from npx again.
      process.kill(-server.process.pid!, 'SIGINT');
      client.end();
      await client.ending();
      const { stdout, stderr } = await server.end();
      assert.match(stdout, /\[Client disconnected\]\n$/);
      assert.equal(stderr, '');
    });
  }

  test('the command itself ends with 0', async (t) => {
    const server = command(t, 'node_modules/.bin/multithread-server', ['--port', '0'], { cwd: project });
    await server.port();
    server.process.kill('SIGTERM');
    const { code, stderr } = await server.end();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });

  const old = oldNode();
  test('an older Node says which one is needed', { skip: old ? false : 'no Node before 26.7 here' }, () => {
    const { path, version: oldVersion } = old!;
    const sentence = `multithread-server needs Node 26.7 or newer to move sockets to threads; this is Node ${oldVersion}`;
    const { status, stdout, stderr } = spawnSync(path, [main, '--port', '0'], { encoding: 'utf-8' });
    assert.deepEqual({ status, stdout, stderr }, { status: 1, stdout: '', stderr: `error: ${sentence}\n` });
  });
});

function node(cwd: string, file: string): string {
  return execFileSync(process.execPath, [file], { cwd, encoding: 'utf-8' });
}

function oldNode(): { path: string; version: string } | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, basename(process.execPath));
    if (!existsSync(path)) continue;
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf-8' });
    const found = /^v(\d+\.\d+\.\d+)\s*$/.exec(stdout ?? '')?.[1];
    if (found !== undefined && nodeTooOld(found) !== undefined) return { path, version: found };
  }
  return undefined;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
