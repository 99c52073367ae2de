import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:os';
import { describe, test, type TestContext } from 'node:test';
import { Client } from '../support/client.ts';
import { cli, type Command } from '../support/command.ts';
import { folder } from '../support/folder.ts';
import { untilPort } from '../support/port.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A server that waits for its clients, with one that it has served. */
async function serveOne(
  t: TestContext,
  ...args: string[]
): Promise<{ server: Command; client: Client; port: number }> {
  const server = cli(t, ['--port', '0', '--on-drain', 'wait', ...args]);
  const port = await server.port();
  const client = await Client.connect({ address: { port } });
  await client.ask('hello');
  return { server, client, port };
}

describe('signals', { concurrency: 4 }, () => {
  for (const signal of SIGNALS) {
    test(`${signal} ends an idle server with 0`, async (t) => {
      const server = cli(t, ['--port', '0']);
      await server.port();
      server.process.kill(signal);
      const { stdout, ...end } = await server.end();
      assert.deepEqual(end, { code: 0, signal: null, stderr: '' });
      assert.match(stdout, /^\[STARTING\].*\n\[LISTENING\].*\n$/);
    });

    test(`${signal} ends the connections of clients that wait, with FIN`, async (t) => {
      const server = cli(t, ['--port', '0', '--close-timeout', '60000']);
      const client = await Client.connect({ address: { port: await server.port() } });
      await client.ask('hello');
      server.process.kill(signal);
      assert.equal(await client.ending(), 'end');
      assert.equal((await server.end()).code, 0);
    });

    test(`${signal} lets a client finish`, async (t) => {
      const { server, client, port } = await serveOne(t, '--close-timeout', '60000');
      const data = Buffer.alloc(8 * 2 ** 20, 'multithread');
      client.socket.pause();
      client.send(data);
      server.process.kill(signal);
      await untilPort(port, 'closed');
      client.socket.resume();
      assert.ok((await client.read(data.length)).equals(data));
      await client.ask('one more thing');
      client.end();
      assert.equal(await client.ending(), 'end');
      const { code, stdout, stderr } = await server.end();
      assert.equal(code, 0);
      assert.equal(stderr, '');
      // Whoever tried whether the port was still open was a client, too.
      assert.equal(count(stdout, '[Client disconnected]'), count(stdout, '[New Connection]'));
    });

    test(`${signal} ends a client that never does when its time is up`, async (t) => {
      const { server, client } = await serveOne(t, '--close-timeout', '100');
      server.process.kill(signal);
      assert.equal(await client.ending(), 'reset');
      const { code, stdout, stderr } = await server.end();
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(stdout, /\[Client disconnected\]\n$/);
    });

    test(`${signal} ends a handler that never does when its time is up`, async (t) => {
      const cwd = folder(t, {
        'blocks.js':
          "export default { message: (c, m) => { if (m === 'block') for (;;); return c.send(m); } };",
      });
      const args = ['--port', '0', '--handler', 'blocks.js', '--close-timeout', '100'];
      const server = cli(t, args, { cwd });
      const client = await Client.connect({ address: { port: await server.port() } });
      await client.ask('hello');
      client.send('block');
      server.process.kill(signal);
      await client.ending();
      assert.equal((await server.end()).code, 0);
    });

    test(`a second ${signal} ends it at once`, async (t) => {
      const { server, port } = await serveOne(t, '--close-timeout', '60000');
      const other = signal === 'SIGINT' ? 'SIGTERM' : 'SIGINT';
      server.process.kill(other);
      await untilPort(port, 'closed');
      server.process.kill(signal);
      const { code, stderr } = await server.end();
      assert.equal(code, 128 + constants.signals[signal]);
      assert.equal(stderr, '');
    });

    test(`${signal} again and again ends it at once`, async (t) => {
      const { server } = await serveOne(t, '--close-timeout', '60000');
      const again = setInterval(() => server.process.kill(signal), 100);
      t.after(() => clearInterval(again));
      assert.equal((await server.end()).code, 128 + constants.signals[signal]);
    });

    test(`${signal} twice at once counts once`, async (t) => {
      const { server, client, port } = await serveOne(t, '--close-timeout', '60000');
      server.process.kill(signal);
      server.process.kill(signal);
      await untilPort(port, 'closed');
      await client.ask('still there');
      client.end();
      assert.equal(await client.ending(), 'end');
      assert.equal((await server.end()).code, 0);
    });

    test(`${signal} before it listens ends it with 0`, async (t) => {
      const cwd = folder(t, {
        'slow.js':
          'export default () => {};\nexport const setup = () => new Promise((r) => setTimeout(r, 60_000));',
      });
      const server = cli(t, ['--port', '0', '--handler', 'slow.js'], { cwd });
      await once(server.process.stdout!, 'data');
      server.process.kill(signal);
      assert.deepEqual(await server.end(), {
        code: 0,
        signal: null,
        stdout: '[STARTING] Server is starting...\n',
        stderr: '',
      });
    });
  }
});

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
