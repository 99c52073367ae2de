import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, json, lines } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { fixture, serve } from '../support/serve.ts';

test('with json, null is a message as any other, and undefined the end', async (t) => {
  const client = await Client.connect(await serve(t, { handler: fixture('tells-each-message') }));
  client.end('null\nnull\n"x"\nnull\n');
  const answers = (await client.readAll()).toString().trim().split('\n');
  assert.deepEqual(
    answers.map((answer) => JSON.parse(answer) as unknown),
    [
      { received: null, isEnd: false },
      { iterated: null },
      { iterated: 'x' },
      { iterated: null },
      { isEnd: true },
    ],
  );
});

test('receive() gives undefined at once when the client has ended before', async (t) => {
  const client = await Client.connect(await serve(t, { handler: fixture('tells-each-message') }));
  client.end();
  assert.equal((await client.readAll()).toString(), '{"isEnd":true}\n{"isEnd":true}\n');
});

test('so it is on this side of connect()', async (t) => {
  const server = await serve(t, { framing: lines() });
  const client = await connect({
    host: '127.0.0.1',
    port: server.address!.port,
    framing: lines(),
    format: json(),
  });
  await client.send(null);
  await client.send([null]);
  client.end();
  assert.deepEqual([await client.receive(), await client.receive()], [null, [null]]);
  assert.deepEqual([await client.receive(), await client.receive()], [undefined, undefined]);
});
