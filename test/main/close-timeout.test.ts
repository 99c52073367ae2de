import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionError, type CloseOptions, type MultiThreadServer } from '../../src/index.ts';
import { parseOptions } from '../../src/options/listen-options.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/wait.ts';

const WRONG: readonly (readonly [timeout: unknown, shown: string])[] = [
  [2 ** 31, '2147483648'],
  [NaN, 'NaN'],
  [null, 'null'],
  [-1, '-1'],
  [-Infinity, '-Infinity'],
  [1.5, '1.5'],
  ['100', '"100"'],
];

for (const name of ['close', 'reload'] as const) {
  test(`${name}() refuses a wrong timeout and touches nobody`, async (t) => {
    const server = await serve(t);
    const client = await Client.connect(server);
    await client.ask('hello');
    for (const [timeout, shown] of WRONG) {
      await assert.rejects(call(server, name, { timeout } as CloseOptions), {
        name: 'OptionError',
        option: 'timeout',
        message: `option "timeout" must be a whole number of milliseconds from 0 to 2147483647, or Infinity, got ${shown}`,
      });
    }
    for (const options of [{ timout: 5 }, 5, null]) {
      await assert.rejects(
        call(server, name, options as CloseOptions),
        (error) => error instanceof OptionError,
      );
    }
    await client.ask('still there');
    assert.equal(server.threads[0]?.id, 1);
    assert.ok(server.address);
  });
}

test('close({ timeout: Infinity }) waits for its clients, and a shorter one ends that', async (t) => {
  const server = await serve(t, { onDrain: 'wait' });
  const disconnects = record(server, 'disconnect');
  const [patient, other] = [await Client.connect(server), await Client.connect(server)];
  await Promise.all([patient.ask('hello'), other.ask('hello')]);
  const closed = server.close({ timeout: Infinity });
  await patient.ask('still served');
  patient.end();
  await patient.readAll();
  await disconnects.first(1);
  await other.ask('still served, too');
  void server.close({ timeout: 2 ** 31 - 1 });
  await other.ask('even now');
  void server.close({ timeout: 0 });
  await within(closed, () => 'close()');
  assert.deepEqual(
    disconnects.all.map(({ reason }) => reason),
    ['peer-end', 'server-drain'],
  );
});

test('reload({ timeout: Infinity }) leaves the clients of the old threads alone', async (t) => {
  const server = await serve(t);
  const client = await Client.connect(server);
  await client.ask('hello');
  await server.reload({ timeout: Infinity });
  await client.ask('still served by the old thread');
  assert.equal(server.connections[0]?.threadId, 1);
});

test('closeTimeout may be Infinity', () => {
  assert.equal(parseOptions({ closeTimeout: Infinity }).closeTimeout, Infinity);
});

function call(server: MultiThreadServer, name: 'close' | 'reload', options: CloseOptions): Promise<void> {
  return server[name](options);
}
