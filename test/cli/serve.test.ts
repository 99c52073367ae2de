import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { cli } from '../support/command.ts';
import { folder } from '../support/folder.ts';
import { unusedPort, untilPort } from '../support/port.ts';

const OPTIONS = [
  '--accept-rate',
  '--accept-rate-per-address',
  '--allow',
  '--backlog',
  '--balance',
  '--black-box',
  '--bytes-per-second',
  '--close-on',
  '--close-timeout',
  '--crash-window',
  '--deny',
  '--disconnect-message',
  '--format',
  '--framing',
  '--handler',
  '--help',
  '--high-water-mark',
  '--host',
  '--idle-timeout',
  '--keep-alive',
  '--io-uring-buffer-size',
  '--io-uring-buffers',
  '--io-uring-entries',
  '--io-uring-send-memory',
  '--kill-stalled-after',
  '--lifetime-jitter',
  '--linger-timeout',
  '--max-connections',
  '--max-connections-per-address',
  '--max-crashes',
  '--max-lifetime',
  '--max-threads',
  '--max-write-buffer',
  '--message-timeout',
  '--messages-per-second',
  '--no-delay',
  '--on-drain',
  '--options',
  '--path',
  '--port',
  '--quiet',
  '--reserved-descriptors',
  '--size',
  '--start-timeout',
  '--stall-timeout',
  '--thread-entry',
  '--thread-memory-limit',
  '--thread-young-memory-limit',
  '--threads',
  '--transport',
  '--version',
  '--watch',
  '--write-timeout',
];

describe('the command', { concurrency: 4 }, () => {
  test('echoes, and prints what the original prints', async (t) => {
    const server = cli(t, ['--port', '0']);
    const port = await server.port();
    const client = await Client.connect({ address: { port } });
    await client.ask('hello');
    client.send('!DISCONNECT');
    assert.equal(await client.ending(), 'end');
    await server.lines(4);
    server.process.kill('SIGTERM');
    assert.deepEqual(await server.end(), {
      code: 0,
      signal: null,
      stdout: [
        '[STARTING] Server is starting...',
        `[LISTENING] Server is listening on port ${port}`,
        `[New Connection] Client connected from 127.0.0.1:${client.port}`,
        '[Client disconnected]',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  test('--quiet prints nothing', async (t) => {
    const port = await unusedPort();
    const server = cli(t, ['--quiet', '--port', `${port}`]);
    await untilPort(port, 'open');
    const client = await Client.connect({ address: { port } });
    await client.ask('hello');
    client.end();
    await client.ending();
    server.process.kill('SIGTERM');
    assert.deepEqual(await server.end(), { code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('--quiet prints errors all the same', async (t) => {
    const port = await unusedPort();
    const cwd = folder(t, {
      'fails.js': "export default async (c) => { await c.receive(); throw new Error('boom\\n  twice'); };",
    });
    const server = cli(t, ['--quiet', '--port', `${port}`, '--handler', 'fails.js', '--threads', '1'], {
      cwd,
    });
    await untilPort(port, 'open');
    const client = await Client.connect({ address: { port } });
    client.send('hello');
    assert.equal(await client.ending(), 'reset');
    server.process.kill('SIGTERM');
    const { code, stdout, stderr } = await server.end();
    assert.equal(code, 0);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: handler of connection \d+ in thread 1: boom twice\n$/);
  });

  test('a thread that crashes is told of, and replaced', async (t) => {
    const cwd = folder(t, {
      'crashes.js': `export default async (connection) => {
        const message = await connection.receive();
        if (message === 'crash') setImmediate(() => { throw new Error('boom'); });
        else await connection.send(message);
        await connection.receive();
      };`,
    });
    const server = cli(t, ['--port', '0', '--handler', 'crashes.js', '--threads', '1'], { cwd });
    const port = await server.port();
    const unlucky = await Client.connect({ address: { port } });
    unlucky.send('crash');
    assert.equal(await unlucky.ending(), 'reset');
    assert.deepEqual(await server.errors(1), ['error: thread 1 ended: thread-crash: boom']);
    const client = await Client.connect({ address: { port } });
    await client.ask('hello');
    client.end();
    await client.ending();
    server.process.kill('SIGTERM');
    assert.equal((await server.end()).code, 0);
    assert.equal((await server.errors(1)).length, 1);
  });

  test('options reach the server', async (t) => {
    const [where, how] = [
      '--port 0 --host 127.0.0.1 --threads 2',
      '--framing lines --format latin1 --size 64',
    ];
    const limits = '--max-connections 1 --close-timeout 0 --disconnect-message tschüß';
    const server = cli(t, [where, how, limits].join(' ').split(' '));
    const port = await server.port();
    const client = await Client.connect({ address: { port } });
    client.send('hel');
    await client.ask('lo\n', 'hello\n');
    const second = await Client.connect({ address: { port } });
    assert.equal(await second.ending(), 'reset');
    client.send(Buffer.from('tschüß\n', 'latin1'));
    assert.equal(await client.ending(), 'end');
    server.process.kill('SIGTERM');
    assert.equal((await server.end()).code, 0);
  });

  test('a thread for each connection', async (t) => {
    const server = cli(t, ['--port', '0', '--threads', 'per-connection']);
    const address = { port: await server.port() };
    const clients = [await Client.connect({ address }), await Client.connect({ address })];
    for (const client of clients) await client.ask('hello');
    for (const client of clients) client.end();
    for (const client of clients) await client.ending();
    server.process.kill('SIGTERM');
    assert.equal((await server.end()).code, 0);
  });

  test('localhost is both loopback addresses', async (t) => {
    const server = cli(t, ['--port', '0']);
    const address = { port: await server.port() };
    await (await Client.connect({ address })).ask('hello');
    try {
      await (await Client.connect({ address }, { host: '::1' })).ask('hello');
    } catch (error) {
      assert.match(String((error as NodeJS.ErrnoException).code), /EADDRNOTAVAIL|EAFNOSUPPORT/);
    }
  });

  const upper = {
    'upper.ts':
      'export default async (c: any): Promise<void> => { for await (const m of c) await c.send(m.toUpperCase()); };',
    'upper.js': 'export default async (c) => { for await (const m of c) await c.send(m.toUpperCase()); };',
    'upper.cjs': 'module.exports = { message: (c, m) => c.send(m.toUpperCase()) };',
    'with space#.mjs': 'export default { message: (c, m) => c.send(m.toUpperCase()) };',
  };
  for (const name of Object.keys(upper)) {
    test(`--handler ${name}`, async (t) => {
      const server = cli(t, ['--port', '0', '--handler', name], { cwd: folder(t, upper) });
      const client = await Client.connect({ address: { port: await server.port() } });
      await client.ask('hello', 'HELLO');
    });
  }

  test('goes on when nobody reads what it prints', async (t) => {
    const server = cli(t, ['--port', '0']);
    const address = { port: await server.port() };
    server.process.stdout!.destroy();
    for (let i = 0; i < 3; i++) {
      const client = await Client.connect({ address });
      await client.ask('hello');
      client.end();
      await client.ending();
    }
    server.process.kill('SIGTERM');
    const { code, signal, stderr } = await server.end();
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  });

  test('goes on when its output is closed before it listens', async (t) => {
    const port = await unusedPort();
    const server = cli(t, ['--port', `${port}`]);
    server.process.stdout!.destroy();
    await untilPort(port, 'open');
    const client = await Client.connect({ address: { port } });
    await client.ask('hello');
    client.end();
    await client.ending();
    server.process.kill('SIGTERM');
    const { code, signal, stderr } = await server.end();
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  });

  test('--help lists every option', async (t) => {
    const { code, stdout, stderr } = await cli(t, ['--help']).end();
    assert.equal(code, 0);
    assert.equal(stderr, '');
    const listed = stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm).map(([, option]) => option);
    assert.deepEqual(new Set(listed), new Set(OPTIONS));
  });

  test('--version', async (t) => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf-8'));
    assert.deepEqual(await cli(t, ['--version']).end(), {
      code: 0,
      signal: null,
      stdout: `${version}\n`,
      stderr: '',
    });
  });
});
