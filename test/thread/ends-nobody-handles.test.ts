import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ENDS, OTHERS, type Data } from '../fixtures/leaves-promises.ts';
import { Client } from '../support/client.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

/** One thread with a client who takes the way and two others. */
async function scene(t: TestContext, way: string) {
  const { channel, reports } = recordReports(t);
  const upstream = await serve(t);
  const data: Data = { channel, port: upstream.address!.port };
  const server = await serve(t, { handler: fixture('leaves-promises'), data });
  const [disconnects, exits] = [record(server, 'disconnect'), record(server, 'thread-exit')];
  const failures = record(server, 'handler-error');
  const others = [await Client.connect(server), await Client.connect(server)];
  await Promise.all(others.map((client) => client.ask('hello\n')));
  const client = await Client.connect(server);
  await client.ask(`${way}\n`, 'taken\n');
  client.socket.pause();
  return { client, others, reports, disconnects, exits, failures };
}

for (const way of Object.keys(ENDS)) {
  test(`the end of a connection that nobody handles costs nobody anything: ${way}`, async (t) => {
    const { client, others, reports, disconnects, exits, failures } = await scene(t, way);
    client.reset();
    await reports.one();
    await Promise.all(others.map((other) => other.ask('still there\n')));
    const { reason, peer } = await disconnects.one();
    assert.deepEqual([reason, peer.port], ['peer-reset', client.port]);
    assert.deepEqual([exits.all, failures.all], [[], []]);
  });
}

for (const way of Object.keys(OTHERS)) {
  test(`what says something else ends the thread: ${way}`, async (t) => {
    const { client, others, exits } = await scene(t, way);
    client.reset();
    assert.equal((await exits.one()).reason, 'thread-crash');
    assert.deepEqual(await Promise.all(others.map((other) => other.ending())), ['reset', 'reset']);
  });
}
