import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { listen, OptionError, type ListenOptions } from '../../src/index.ts';
import { cli, command, type Command } from '../support/command.ts';
import { folder } from '../support/folder.ts';
import { untilPort } from '../support/port.ts';
import { Client } from '../support/client.ts';

const SOURCE = new URL('../../src/index.ts', import.meta.url).href;
const WHERE = "host: '127.0.0.1', threads: 1, closeTimeout: 60_000, onDrain: 'wait'";
const BASE = `${WHERE}, closeOn: ['SIGTERM', 'SIGINT']`;
const SAY = `console.log('[LISTENING] on port ' + server.address.port);`;

/** It does nothing else, so that it must find its end by itself. */
const SERVER = `const server = await listen({ ${BASE} });
  server.on('close', () => console.log('closed, listeners: ' + process.listenerCount('SIGTERM')));
  ${SAY}`;

function program(t: TestContext, text: string, wrap: readonly string[] = []): Command {
  const cwd = folder(t, { 'program.mjs': `import { listen } from '${SOURCE}';\n${text}` });
  const [file, ...args] = [...wrap, process.execPath, join(cwd, 'program.mjs')];
  return command(t, file, args, { cwd });
}

/** Blocks when it has answered. */
const blocking = (cwd: string): string => `import { readFileSync } from 'node:fs';
    export default { message: (connection, message) => {
      connection.send(message).then(() => setImmediate(() => readFileSync('${cwd}/pipe')));
    } };`;

async function clientOf(server: Command): Promise<{ client: Client; port: number }> {
  const port = await server.port();
  const client = await Client.connect({ address: { port } });
  await client.ask('hello');
  return { client, port };
}

describe('closeOn', { concurrency: 4 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} lets the client finish; the process ends by itself, with 0`, async (t) => {
      const server = program(t, SERVER);
      const { client, port } = await clientOf(server);
      server.process.kill(signal);
      await untilPort(port, 'closed');
      await client.ask('still there');
      client.end();
      assert.equal(await client.ending(), 'end');
      const { code, stdout, stderr } = await server.end();
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /closed, listeners: 0\n$/);
    });

    test(`a second signal after ${signal} ends the process at once`, async (t) => {
      const server = program(t, SERVER);
      const { port } = await clientOf(server);
      const second = signal === 'SIGINT' ? 'SIGTERM' : 'SIGINT';
      server.process.kill(signal);
      await untilPort(port, 'closed');
      server.process.kill(second);
      const { code, stderr } = await server.end();
      assert.deepEqual([code, stderr], [128 + constants.signals[second], '']);
    });
  }

  test('the same signal twice at once counts once', async (t) => {
    const server = program(t, SERVER);
    const { client, port } = await clientOf(server);
    server.process.kill('SIGTERM');
    server.process.kill('SIGTERM');
    await untilPort(port, 'closed');
    await client.ask('still there');
    client.end();
    assert.equal((await server.end()).code, 0);
  });

  test('a suspended server closes, too', async (t) => {
    const server = program(t, `${SERVER}\nprocess.on('SIGUSR2', () => server.suspend());`);
    const { client, port } = await clientOf(server);
    server.process.kill('SIGUSR2');
    await untilPort(port, 'closed');
    server.process.kill('SIGTERM');
    await client.ask('still there');
    client.end();
    assert.equal(await client.ending(), 'end');
    assert.equal((await server.end()).code, 0);
  });

  test('before it listens a signal ends the process with 0', async (t) => {
    const slow =
      "'data:text/javascript,console.log(1); export default () => {}; await new Promise(() => {})'";
    const server = program(t, `await listen({ ${BASE}, handler: ${slow} });`);
    await server.lines(1);
    server.process.kill('SIGTERM');
    const { code, signal, stderr } = await server.end();
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  });

  const left: readonly (readonly [when: string, text: string])[] = [
    ['the server was closed', `${SERVER}\nawait server.close();`],
    ['it could not start', `await listen({ ${BASE}, handler: 'data:text/javascript,' }).catch(() => {});`],
    ['it was not asked for', `const server = await listen({ ${WHERE} });`],
  ];
  for (const [when, text] of left) {
    test(`signals do what they always do when ${when}`, async (t) => {
      const server = program(t, `${text}\nsetInterval(() => {}, 1000);\nconsole.log('on it goes');`);
      await server.lines(when === 'the server was closed' ? 3 : 1);
      server.process.kill('SIGTERM');
      assert.equal((await server.end()).signal, 'SIGTERM');
    });
  }

  const asFirst = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child'];
  const canBeFirst = spawnSync(asFirst[0]!, [...asFirst.slice(1), 'true']).status === 0;
  const skip = canBeFirst ? false : 'no process of its own namespace here';
  test('the first process of a container obeys', { skip }, async (t) => {
    const server = program(t, `${SERVER}\nconsole.log(process.pid);`, asFirst);
    const { client, port } = await clientOf(server);
    assert.equal((await server.lines(2))[1], '1');
    const { pid } = server.process;
    process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf-8')), 'SIGTERM');
    await untilPort(port, 'closed');
    client.end();
    assert.equal(await client.ending(), 'end');
    const { code, stderr } = await server.end();
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('the command closes at the signals it is told instead of its own', async (t) => {
    const server = cli(t, ['--port', '0', '--close-on', 'SIGHUP']);
    await server.port();
    server.process.kill('SIGHUP');
    const { code, signal, stderr } = await server.end();
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  });

  const wrong = ['SIGTERM', ['SIGKILL'], ['TERM'], [15], { SIGTERM: true }];
  for (const closeOn of wrong) {
    test(`${JSON.stringify(closeOn)} is refused`, async () => {
      await assert.rejects(listen({ closeOn } as unknown as ListenOptions), (error: Error) => {
        assert.ok(error instanceof OptionError);
        assert.match(error.message, /"closeOn(\.\d)?" must be an array of SIGTERM, SIGINT, .*, got /);
        return true;
      });
    });
  }
});

describe('a second signal, while a thread is blocked in a system call', { concurrency: 2 }, () => {
  for (const way of ['listen', 'command'] as const) {
    test(`ends the ${way === 'listen' ? 'process' : 'command'} all the same`, async (t) => {
      const cwd = folder(t);
      execFileSync('mkfifo', [join(cwd, 'pipe')]);
      const handler = `data:text/javascript,${encodeURIComponent(blocking(cwd))}`;
      const server =
        way === 'listen'
          ? program(
              t,
              `const server = await listen({ ${BASE}, handler: ${JSON.stringify(handler)} }); ${SAY}`,
            )
          : cli(t, [
              '--port',
              '0',
              '--handler',
              join(folder(t, { 'handler.mjs': blocking(cwd) }), 'handler.mjs'),
            ]);
      const { port } = await clientOf(server);
      server.process.kill('SIGTERM');
      await untilPort(port, 'closed');
      server.process.kill('SIGINT');
      assert.equal((await server.end()).signal, 'SIGINT');
    });
  }
});
