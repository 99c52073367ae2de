import assert from 'node:assert/strict';
import { test } from 'node:test';
import { raw } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { recordReports, sorted } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

test('setup and teardown run once in each thread, before and after its connections', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { threads: 2, handler: fixture('once-per-thread'), data: channel });
  assert.deepEqual(sorted(await reports.first(2)), ['setup 1', 'setup 2']);

  const clients: Client[] = [];
  for (let index = 0; index < 4; index++) clients.push(await Client.connect(server));
  const served = (await reports.first(6)).slice(2);
  assert.deepEqual(sorted(served), ['connection 1', 'connection 1', 'connection 2', 'connection 2']);

  for (const client of clients) client.end();
  await Promise.all([server.close(), ...clients.map((client) => client.readAll())]);
  assert.deepEqual(sorted((await reports.first(8)).slice(6)), ['teardown 1', 'teardown 2']);
});

test('a module may fix its framing and its format', async (t) => {
  const client = await Client.connect(await serve(t, { handler: fixture('doubles-json-lines') }));
  client.send('{"value":');
  client.send('21}\n"ha"\n');
  assert.equal(await client.readLine(), '{"value":42}');
  assert.equal(await client.readLine(), '"haha"');
});

test("the options of listen() win over the module's", async (t) => {
  const handler = fixture('doubles-json-lines');
  const server = await serve(t, { handler, framing: raw(), format: 'latin1' });
  const client = await Client.connect(server);
  client.send(Buffer.from('é\n', 'latin1'));
  assert.equal((await client.read(4)).toString('latin1'), 'é\né\n');
});
