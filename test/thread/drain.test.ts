import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ListenOptions } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { until, within } from '../support/wait.ts';

const NEVER = 2 ** 31 - 1;
const LINES = Array.from({ length: 2000 }, (_, index) => `line ${index} ${'x'.repeat(200)}\n`).join('');

/** A server that only what its handlers do can close, with one client. */
async function start(t: TestContext, options: ListenOptions = {}) {
  const server = await serve(t, { handler: fixture('echoes-and-goes'), closeTimeout: NEVER, ...options });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  await client.ask('hello\n');
  const close = (): Promise<void> => within(server.close(), () => 'close()');
  return { server, client, disconnects, close };
}

/** Resolves when the system has all of it. */
function sent(client: Client, text: string): Promise<void> {
  return new Promise((resolve) => {
    client.socket.write(text, () => resolve());
  });
}

test('close() ends the wait of a function: it says goodbye, and the FIN follows', async (t) => {
  const { client, disconnects, close } = await start(t);
  await close();
  assert.equal((await client.readAll()).toString(), 'goodbye\n');
  const { reason, error } = await disconnects.one();
  assert.deepEqual([reason, error], ['server-drain', undefined]);
});

test('so it is with a client that has sent nothing, and with the echo handler', async (t) => {
  const server = await serve(t, { closeTimeout: NEVER });
  const client = await Client.connect(server);
  await until(
    () => server.connections[0]?.threadId !== undefined,
    () => 'a thread for the client',
  );
  await within(server.close(), () => 'close()');
  assert.equal((await client.readAll()).toString(), '');
  assert.deepEqual(server.stats().closed, { 'server-drain': 1 });
});

for (const how of ['fast', 'slowly']) {
  test(`all that had come is received before the wait ends (${how})`, async (t) => {
    const { client, close } = await start(t);
    await sent(client, `${how}\n${LINES}`);
    await close();
    assert.ok((await client.readAll()).toString() === `${how}\n${LINES}goodbye\n`);
  });
}

test('a client that is held to its rate gets all its answers', async (t) => {
  const { client, close } = await start(t, { messagesPerSecond: 40 });
  const lines = Array.from({ length: 60 }, (_, index) => `${index}\n`).join('');
  await sent(client, lines);
  await close();
  assert.equal((await client.readAll()).toString(), `${lines}goodbye\n`);
});

test('a message that has begun may be completed; the wait for the next ends', async (t) => {
  const { server, client, close } = await start(t);
  const idle = await Client.connect(server);
  await idle.ask('hello\n');
  const before = server.stats().bytesRead;
  client.send('half a');
  await until(
    () => server.stats().bytesRead > before,
    () => 'half a message',
  );
  const closed = close();
  assert.equal((await idle.readAll()).toString(), 'goodbye\n');
  await client.ask(' line\n', 'half a line\ngoodbye\n');
  assert.equal((await client.readAll()).toString(), '');
  await closed;
});

for (const [how, options] of [
  ['by the option', { onDrain: 'wait' }],
  ['by the handler module', { handler: fixture('waits-on') }],
] as const) {
  test(`with onDrain 'wait' the handler goes on until its client ends, ${how}`, async (t) => {
    const { server, client, close } = await start(t, options);
    // One whose wait would have ended before.
    const drained = await serve(t, { handler: fixture('echoes-and-goes') });
    const closed = close();
    await drained.close();
    for (let turn = 0; turn < 20; turn++) await client.ask(`turn ${turn}\n`);
    client.end();
    assert.equal((await client.readAll()).toString(), 'goodbye\n');
    await closed;
    assert.deepEqual(server.stats().closed, { 'peer-end': 1 });
  });
}

test("the server's onDrain wins over the handler module's", async (t) => {
  const { client, close } = await start(t, { handler: fixture('waits-on'), onDrain: 'end' });
  await close();
  assert.equal((await client.readAll()).toString(), 'goodbye\n');
});

test('a wrong onDrain is named', async (t) => {
  await assert.rejects(serve(t, { onDrain: 'later' as never }), {
    name: 'OptionError',
    message: 'option "onDrain" must be \'end\' or \'wait\', got "later"',
  });
  await assert.rejects(serve(t, { handler: fixture('wrong-on-drain') }), {
    name: 'HandlerLoadError',
    message: /its onDrain must be 'end' or 'wait', got "later"$/,
  });
});

test('callbacks without one for drain have all that had come, then the connection ends', async (t) => {
  const { channel, reports } = recordReports(t);
  const { server, client, close } = await start(t, {
    handler: fixture('echoes-in-callbacks'),
    data: channel,
  });
  await sent(client, LINES);
  await close();
  assert.ok((await client.readAll()).toString() === LINES);
  assert.equal(await reports.one(), 'server-drain');
  assert.deepEqual(server.stats().closed, { 'server-drain': 1 });
});

test("with onDrain 'wait' they go on", async (t) => {
  const { server, client, close } = await start(t, { handler: fixture('waits-on-in-callbacks') });
  const closed = close();
  for (let turn = 0; turn < 20; turn++) await client.ask(`turn ${turn}\n`);
  client.end();
  await closed;
  assert.deepEqual(server.stats().closed, { 'peer-end': 1 });
});

test('reload() ends no wait, close() after it does; a drain callback is called once', async (t) => {
  const { server, client, close } = await start(t);
  const { channel, reports } = recordReports(t);
  const other = await serve(t, { handler: fixture('callbacks'), data: channel, closeTimeout: NEVER });
  const called = await Client.connect(other);
  await called.ask('hello');
  await Promise.all([server.reload(), other.reload()]);
  assert.match(String((await reports.first(3))[2]), /^drain/);
  for (let turn = 0; turn < 20; turn++) await client.ask(`turn ${turn}\n`);
  await close();
  assert.equal((await client.readAll()).toString(), 'goodbye\n');

  const closed = other.close();
  await called.ask('still there');
  called.end();
  await within(closed, () => 'close()');
  assert.deepEqual((await reports.first(5)).slice(3), ['message still there', 'close peer-end']);
});
