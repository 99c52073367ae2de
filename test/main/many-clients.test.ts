import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { record } from '../support/record.ts';
import { program } from '../support/command.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/wait.ts';

const CLIENTS = 10_000;

/** Each of the two processes needs a descriptor for each client, and some of its own. */
function tooFewDescriptors(): string | false {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const limit = report.userLimits?.open_files?.soft;
  return typeof limit === 'number' && limit < CLIENTS + 500 && `the limit is ${limit} open files`;
}

test('10,000 clients at once, each served', { skip: tooFewDescriptors() }, async (t) => {
  const server = await serve(t, { threads: 2 });
  const disconnects = record(server, 'disconnect');
  const { process: clients } = program(t, 'many-clients', String(server.address?.port), String(CLIENTS));
  const word = async (): Promise<unknown> => (await once(clients, 'message'))[0];

  assert.equal(
    await within(word(), () => `connections, there are ${server.connections.length}`),
    'connected',
  );
  await until(
    () => server.stats().connections === CLIENTS && server.stats().waiting === 0,
    () => `all connections, there are ${server.connections.length}`,
  );
  assert.ok(server.threads.every(({ connections }) => connections > 0));

  clients.send('ask');
  assert.equal(await within(word(), () => `all echoes, ${server.stats().messagesRead} came`), CLIENTS);
  assert.equal(server.stats().connections, CLIENTS);

  clients.send('leave');
  await disconnects.first(CLIENTS);
  assert.deepEqual(server.stats().closed, { 'peer-end': CLIENTS });
  assert.deepEqual(server.stats().dropped, {});
});
