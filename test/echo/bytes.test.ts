import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { serve } from '../support/serve.ts';

test('every byte value comes back', async (t) => {
  const client = await Client.connect(await serve(t));
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  client.send(bytes);
  assert.deepEqual(await client.read(256), bytes);
});

test('text comes back, characters of several bytes cut anywhere included', async (t) => {
  const client = await Client.connect(await serve(t, { size: 3 }));
  const text = 'Grüße, 世界 👩‍🚀\r\n\0 fin';
  client.send(text);
  assert.equal((await client.read(Buffer.byteLength(text))).toString(), text);
});

for (const format of ['json', 'ascii', 'hex', 'binary', 'utf-16le'] as const) {
  test(`bytes that aren't ${format} come back unchanged`, async (t) => {
    const client = await Client.connect(await serve(t, { format }));
    const bytes = Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0x00, 0xd8, 0x80]);
    client.send(bytes);
    assert.deepEqual(await client.read(bytes.length), bytes);
  });
}

test('a client that shuts down its side gets everything back', async (t) => {
  const client = await Client.connect(await serve(t));
  const bytes = randomBytes(8 * 2 ** 20);
  client.end(bytes);
  const echoed = await client.readAll();
  assert.equal(echoed.length, bytes.length);
  assert.ok(echoed.equals(bytes));
});

test('each of many clients gets its own bytes back', async (t) => {
  const server = await serve(t, { threads: 2 });
  const clients = await Promise.all(Array.from({ length: 50 }, () => Client.connect(server)));
  await Promise.all(
    clients.map(async (client) => {
      for (let round = 0; round < 20; round++) {
        const bytes = randomBytes(1 + ((client.port + round * 997) % 5000));
        client.send(bytes);
        assert.ok((await client.read(bytes.length)).equals(bytes));
      }
    }),
  );
});
