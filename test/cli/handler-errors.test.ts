import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { cli } from '../support/command.ts';
import { Client } from '../support/client.ts';
import { folder } from '../support/folder.ts';

const THROWN = {
  'an error that only holds others': [
    "new AggregateError([new Error('connect ECONNREFUSED ::1:9'), new Error('connect ECONNREFUSED 127.0.0.1:9')])",
    'connect ECONNREFUSED ::1:9, connect ECONNREFUSED 127.0.0.1:9',
  ],
  'an error without a message': ['new RangeError()', 'RangeError'],
  'a symbol': ["Symbol('odd')", 'Symbol(odd)'],
} as const;

for (const [what, [source, text]] of Object.entries(THROWN)) {
  test(`the command says what a handler threw: ${what}`, async (t) => {
    const path = join(
      folder(t, { 'handler.mjs': `export default () => { throw ${source}; };` }),
      'handler.mjs',
    );
    const server = cli(t, ['--port', '0', '--host', '127.0.0.1', '--threads', '1', '--handler', path]);
    await Client.connect({ address: { port: await server.port() } });
    assert.deepEqual(await server.errors(1), [`error: handler of connection 1 in thread 1: ${text}`]);
  });

  test(`and what a module threw that can't be loaded: ${what}`, async (t) => {
    const path = join(folder(t, { 'handler.mjs': `throw ${source};` }), 'handler.mjs');
    const server = cli(t, ['--port', '0', '--threads', '1', '--handler', path]);
    const { code, stderr } = await server.end();
    assert.equal(code, 1);
    assert.ok(stderr.startsWith(`error: handler ${path} can't be loaded: ${text}`), stderr);
  });
}
