import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { serve } from '../support/serve.ts';

for (const [ending, name] of [
  ['', 'alone'],
  ['\n', 'with \\n'],
  ['\r\n', 'with \\r\\n'],
] as const) {
  test(`the disconnect message ${name} ends the connection and isn't echoed`, async (t) => {
    const server = await serve(t);
    const disconnects = record(server, 'disconnect');
    const [client, other] = await Promise.all([Client.connect(server), Client.connect(server)]);
    await client.ask('before');
    client.send(`!DISCONNECT${ending}`);
    assert.equal((await client.readAll()).toString(), '');
    const { reason, peer } = await disconnects.one();
    assert.deepEqual([reason, peer.port], ['handler-end', client.port]);
    await other.ask('still there');
  });
}

for (const message of [
  '!DISCONNECT\n\n',
  '!DISCONNECT\r\n\r\n',
  '!DISCONNECT\r',
  '!DISCONNECT ',
  ' !DISCONNECT',
  'x!DISCONNECT\n',
  '!disconnect',
  '!DISCONNEC',
  '\n!DISCONNECT',
]) {
  test(`${JSON.stringify(message)} is no disconnect message`, async (t) => {
    const client = await Client.connect(await serve(t));
    await client.ask(message);
    await client.ask('still there');
  });
}

test('with lines, the disconnect message is a line of its own', async (t) => {
  const client = await Client.connect(await serve(t, { framing: { type: 'lines' } }));
  client.send('one\r\n!DISCONNECT no\n!DISCONNECT\r\nnot any more\n');
  assert.equal((await client.readAll()).toString(), 'one\r\n!DISCONNECT no\n');
});

for (const format of ['latin1', 'utf-16le', 'utf-8'] as const) {
  test(`a disconnect message of one's own, in ${format}`, async (t) => {
    t.mock.method(process.stdout, 'write', () => true);
    await using server = await main({
      disconnectMessage: 'adiós',
      format,
      port: 0,
      host: '127.0.0.1',
      threads: 1,
    });
    const disconnects = record(server, 'disconnect');
    const client = await Client.connect(server);
    await client.ask('!DISCONNECT');
    client.send(Buffer.from('adiós', format));
    assert.equal((await client.readAll()).toString(), '');
    assert.equal((await disconnects.one()).reason, 'handler-end');
  });
}
