import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { cli } from '../support/command.ts';
import { folder } from '../support/folder.ts';

const upper =
  'export default async (c) => { for await (const m of c) await c.send(m.toUpperCase() + c.thread.data); };';

describe('--options FILE', { concurrency: 4 }, () => {
  test('its options are as if they were given to listen(); flags win over them', async (t) => {
    const options = {
      port: 1,
      handler: 'upper.js',
      framing: { type: 'lines' },
      data: '!',
      threads: 1,
      maxCrashes: 'Infinity',
    };
    const cwd = folder(t, { 'upper.js': upper, 'server.json': JSON.stringify(options) });
    const server = cli(t, ['--options', 'server.json', '--port', '0'], { cwd });
    const client = await Client.connect({ address: { port: await server.port() } });
    await client.ask('hello\n', 'HELLO!\n');
    client.end();
    await client.ending();
    server.process.kill('SIGTERM');
    const { code, stderr } = await server.end();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });

  test('a handler in it can be watched', async (t) => {
    const cwd = folder(t, { 'upper.js': upper, 'server.json': '{ "handler": "upper.js", "port": 0 }' });
    const server = cli(t, ['--options', 'server.json', '--watch'], { cwd });
    await server.port();
    server.process.kill('SIGTERM');
    assert.equal((await server.end()).code, 0);
  });

  for (const [what, text, args, error] of [
    [
      'a wrong option in it',
      '{ "port": "80" }',
      [],
      /^error: server\.json: option "port" must be .*, got "80"$/,
    ],
    [
      'one within an option',
      '{ "framing": { "type": "lines", "maxLength": 0 } }',
      [],
      /^error: server\.json: option "framing\.maxLength" must be .*, got 0$/,
    ],
    ['an unknown one', '{ "prot": 80 }', [], /^error: server\.json: option "prot" isn't known$/],
    [
      'a handler that is no file',
      '{ "handler": "missing.ts" }',
      [],
      /^error: server\.json: option "handler" must be the path of a file, got "missing\.ts"$/,
    ],
    [
      'a wrong flag beside it',
      '{ "port": 0, "size": 64 }',
      ['--size', '0'],
      /^error: option --size must be .*, got 0$/,
    ],
    [
      'a disconnect message of its own that its framing cannot carry',
      '{ "framing": { "type": "fixed-length", "length": 2 }, "disconnectMessage": "bye" }',
      [],
      /^error: server\.json: option "disconnectMessage" must be a message of the framing: .* got 3$/,
    ],
    ['what is no JSON', '{', [], /^error: option --options must be a JSON file: server\.json: .*$/],
  ] as const) {
    test(`${what} is one line on stderr that names it`, async (t) => {
      const cwd = folder(t, { 'server.json': text });
      const { stderr, ...end } = await cli(t, ['--options', 'server.json', ...args], { cwd }).end();
      assert.deepEqual(end, { code: 2, signal: null, stdout: '' });
      assert.match(stderr.trimEnd(), error);
    });
  }
});
