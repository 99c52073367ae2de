import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binary, connect, lengthField } from '../../src/index.ts';
import { fill, hash, TOTAL } from '../fixtures/reuses-buffer.ts';
import { Client } from '../support/client.ts';
import { fixture, serve } from '../support/serve.ts';
import { until } from '../support/wait.ts';

const WHOLE = Buffer.alloc(TOTAL);
fill(WHOLE, 0);

for (const size of [64, 16 * 1024, 16 * 1024 + 1, 100_000, 2 ** 20]) {
  for (const pace of ['fast', 'slow']) {
    test(`a buffer of ${size} bytes is free when send() has resolved, with a ${pace} reader`, async (t) => {
      const server = await serve(t, { handler: fixture('reuses-buffer') });
      const client = await Client.connect(server);
      await client.expect('joined');
      if (pace === 'slow') client.socket.pause();
      client.send(`${size}`);
      await until(
        () => server.stats().bytesWritten > 2 ** 16,
        () => 'some of it to be sent',
      );
      client.socket.resume();
      assert.equal(hash(await client.readAll()), hash(WHOLE));
    });
  }
}

for (const size of [64, 10_000, 20_000]) {
  test(`so it is when ${size} bytes at a time go to many, some of them slow`, async (t) => {
    const server = await serve(t, { handler: fixture('reuses-buffer') });
    const clients: Client[] = [];
    for (let count = 0; count < 5; count++) {
      const client = await Client.connect(server);
      await client.expect('joined');
      if (count < 4) client.send('member');
      clients.push(client);
    }
    const [slow, slower] = clients;
    for (const client of [slow!, slower!]) client.socket.pause();
    clients[4]!.send(`${size} all`);
    await until(
      () => server.stats().bytesWritten > 2 ** 20,
      () => 'some of it to be sent',
    );
    slow!.socket.resume();
    slower!.socket.resume();
    for (const client of clients) assert.equal(hash(await client.readAll()), hash(WHOLE));
  });
}

for (const how of ['messages', 'frames']) {
  test(`on this side of connect(), too: ${how}`, async (t) => {
    const server = await serve(t, { framing: lengthField() });
    const client = await connect({
      host: '127.0.0.1',
      port: server.address!.port,
      framing: lengthField(),
      format: binary(),
    });
    const frames = how === 'frames' ? client.asFrames() : undefined;
    const received = frames ? collectFrames() : collect();
    const size = 50_000;
    const reused = client.thread.frame(Buffer.alloc(size));
    for (let at = 0; at + size <= TOTAL; at += size) {
      fill(reused.message, at);
      if (frames) await frames.send(reused);
      else await client.send(reused.message);
    }
    client.end();
    const echoed = await received;
    assert.equal(hash(echoed), hash(WHOLE.subarray(0, echoed.length)));
    assert.equal(echoed.length, TOTAL - (TOTAL % size));

    async function collect(): Promise<Buffer> {
      return Buffer.concat(await Array.fromAsync(client));
    }

    async function collectFrames(): Promise<Buffer> {
      return Buffer.concat(await Array.fromAsync(frames!, (frame) => frame.message));
    }
  });
}
