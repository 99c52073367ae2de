import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { serve } from '../support/serve.ts';

test('of suspend() and resume() at once, the last has the last word', async (t) => {
  const server = await serve(t);
  const listenings = record(server, 'listening');
  const address = server.address!;
  await Promise.all([server.suspend(), server.resume(), server.suspend(), server.resume()]);
  assert.deepEqual(server.addresses, [address]);
  assert.equal(listenings.all.length, 2);
  await (await Client.connect(server)).ask('hello');
  await Promise.all([server.suspend(), server.resume(), server.suspend()]);
  assert.deepEqual(server.addresses, []);
});
