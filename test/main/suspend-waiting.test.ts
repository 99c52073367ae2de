import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { queued } from '../support/queued.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/wait.ts';

test('suspend() and resume() settle while clients wait for a thread, who are served in their turn', async (t) => {
  const server = await serve(t, { threads: 'per-connection', maxThreads: 1 });
  const { first, waiting } = await queued(server);
  const address = server.address!;
  await within(server.suspend(), () => 'suspend()');
  await assert.rejects(Client.connect({ address }), { code: 'ECONNREFUSED' });
  await within(server.resume(), () => 'resume()');
  assert.deepEqual(server.address, address);
  await within(server.suspend(), () => 'suspend() again');
  first.end();
  await waiting.ask('at last');
});
