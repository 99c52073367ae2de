import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  binary,
  connect,
  fixedLength,
  json,
  lengthField,
  lines,
  text,
  type Connection,
  type FormatDescriptor,
  type FormatName,
} from '../../src/index.ts';
import { FRAMINGS } from '../support/framings.ts';
import { receiveAll } from '../support/receive-all.ts';
import { program } from '../support/command.ts';
import { dial } from '../support/dial.ts';
import { plainServer } from '../support/plain-server.ts';
import { unusedPort } from '../support/port.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { within } from '../support/wait.ts';

/** The rejection that must come. */
async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string; reason?: string }> {
  const error: unknown = await within(
    promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
    () => 'a rejection',
  );
  assert.ok(error instanceof Error, 'it was rejected');
  return error;
}

for (const name of ['raw', 'lines', 'delimiter', 'fixed-length', 'varint length-field']) {
  const framing = FRAMINGS[name]!;
  test(`asks and gets answers under ${name}`, async (t) => {
    const server = await serve(t, { framing, handler: fixture('upper') });
    await using client = await dial(server, { framing });
    for (const question of ['hello', '', 'grüß gott']) {
      // An empty raw message is none.
      if (question === '' && framing.type === 'raw') continue;
      await client.send(question);
      const answer = await within(client.receive(), () => 'an answer');
      const padding = framing.type === 'fixed-length' ? 16 - Buffer.byteLength(question) : 0;
      assert.equal(answer, question.toUpperCase() + ' '.repeat(padding));
    }
  });
}

test('messages are values of the format', async (t) => {
  const server = await serve(t, { framing: lengthField() });
  const echoed = async (format: FormatName | FormatDescriptor, message: unknown) => {
    await using client = await dial(server, { framing: lengthField(), format });
    await client.send(message);
    assert.deepEqual(await within(client.receive(), () => 'an answer'), message);
  };
  await echoed(json<{ a: number[] }>(), { a: [1, 2, null], text: 'grün' });
  await echoed('json', null);
  await echoed('json', [false]);
  await echoed(binary(), Buffer.from([0, 0xff, 0x80]));
  await echoed(text('utf-16le'), 'grün 👩‍🚀');
  await echoed('latin1', 'grün');
  await echoed('hex', '00ff80');
  await echoed('base64', 'AP+A');
});

test('a connection knows its ends and its numbers', async (t) => {
  const server = await serve(t);
  const connections = record(server, 'connection');
  await using client = await dial(server);
  await client.send('hello');
  await client.receive();
  const { peer, local, bytesRead, bytesWritten, thread } = client;
  const seen = await connections.one();
  assert.deepEqual([peer, local], [seen.local, seen.peer]);
  assert.deepEqual([bytesRead, bytesWritten, thread.framing, thread.format], [5, 5, 'raw', 'utf-8']);
});

test('end() ends the client side: answers still come, then nothing', async (t) => {
  const server = await serve(t, { framing: lines() });
  const disconnects = record(server, 'disconnect');
  const client = await dial(server, { framing: lines() });
  for (const message of ['one', 'two', 'three']) client.send(message);
  client.end();
  assert.deepEqual(await within(receiveAll(client), () => 'the end'), ['one', 'two', 'three']);
  assert.equal(await client.closed, 'peer-end');
  assert.equal(client.signal.aborted, true);
  assert.equal((await disconnects.one()).reason, 'peer-end');
  assert.equal((await rejection(client.send('too late'))).name, 'ConnectionError');
});

test('what came is there to be received after the end', async (t) => {
  const server = await serve(t, { framing: lines() });
  const client = await dial(server, { framing: lines() });
  for (const message of ['one', 'two', 'three']) client.send(message);
  client.end();
  assert.equal(await within(client.closed, () => 'the end'), 'peer-end');
  assert.deepEqual(await receiveAll(client), ['one', 'two', 'three']);
  assert.equal(await client.receive(), undefined);
});

test('the server may end first, and still gets what the client sends', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('ends-first'), data: channel });
  const client = await dial(server);
  assert.deepEqual(await within(receiveAll(client), () => "the server's end"), ['that is all from me']);
  await client.send('but not from me');
  assert.deepEqual(await reports.one(), 'but not from me');
  client.end();
  assert.equal(await within(client.closed, () => 'the end'), 'peer-end');
});

test('disposing of a connection sends what is pending and closes it', async (t) => {
  const server = await serve(t, { framing: lines(), handler: fixture('upper') });
  const disconnects = record(server, 'disconnect');
  let closed: Promise<string>;
  {
    await using client = await dial(server, { framing: lines() });
    ({ closed } = client);
    client.send('pending');
  }
  assert.equal(await closed, 'handler-end');
  const { reason, bytesRead } = await disconnects.one();
  assert.deepEqual([reason, bytesRead], ['peer-end', 'pending\n'.length]);
});

test('disposing of a connection that has ended is nothing', async (t) => {
  const client = await dial(await serve(t));
  client.destroy();
  assert.equal(await client.closed, 'handler-destroy');
  await client[Symbol.asyncDispose]();
  assert.equal((await rejection(client.receive())).reason, 'handler-destroy');
});

test('when the server resets, receive() and send() reject', async (t) => {
  const server = await plainServer(t);
  const client = await dial(server);
  const received = client.receive();
  (await server.client).resetAndDestroy();
  const error = await rejection(received);
  assert.deepEqual([error.name, error.reason], ['ConnectionError', 'peer-reset']);
  assert.equal(await client.closed, 'peer-reset');
  assert.equal((await rejection(client.send('x'))).reason, 'peer-reset');
  assert.equal((await rejection(client.receive())).reason, 'peer-reset');
});

test('when the server resets while much is due to it, send() rejects', async (t) => {
  const server = await plainServer(t);
  const client = await dial(server);
  const peer = await server.client;
  peer.pause();
  const sent = client.send('x'.repeat(32 * 2 ** 20));
  peer.resetAndDestroy();
  assert.equal((await rejection(sent)).reason, 'peer-reset');
});

for (const [sent, code] of [
  ['x'.repeat(20), 'message-too-large'],
  ['half', 'incomplete-message'],
] as const) {
  test(`bytes of the server that are no message reject receive(): ${code}`, async (t) => {
    const server = await plainServer(t);
    const client = await dial(server, { framing: lines({ maxLength: 10 }) });
    (await server.client).end(`fine\n${sent}`);
    assert.equal(await client.receive(), 'fine');
    const error = await rejection(client.receive());
    assert.deepEqual([error.name, error.code], ['MessageError', code]);
    await client[Symbol.asyncDispose]();
    assert.equal(await client.closed, code);
  });
}

test('a message that cannot be framed rejects send(), and the connection goes on', async (t) => {
  const server = await serve(t, { framing: fixedLength({ length: 4 }), handler: fixture('answers-error') });
  await using client = await dial(server, { framing: fixedLength({ length: 4 }) });
  assert.equal((await rejection(client.send('too long'))).code, 'message-too-large');
  await client.send('four');
  assert.equal(await client.receive(), 'four');
});

for (const framing of [{ type: 'raw', size: 65_536 }, lengthField()] as const) {
  test(`32 MB each way at once, ${framing.type}`, async (t) => {
    const server = await serve(t, { framing });
    const client = await dial(server, { framing, format: binary() });
    const bytes = randomBytes(32e6);
    const received = receiveAll(client);
    for (let from = 0; from < bytes.length; from += 500_000) {
      await within(client.send(bytes.subarray(from, from + 500_000)), () => 'room to send');
    }
    client.end();
    const echoed = await within(received, () => 'all that was sent');
    assert.ok(Buffer.concat(echoed).equals(bytes));
    if (framing.type === 'length-field') assert.equal(echoed.length, 64);
    assert.equal(await client.closed, 'peer-end');
  });
}

test('while nobody receives, little is read', async (t) => {
  const server = await plainServer(t);
  const client = await dial(server, { framing: lines() });
  const peer = await server.client;
  const sent = 'some line\n'.repeat(5e5);
  peer.end(sent);
  // Another connection of this thread is the clock.
  await using clock = await dial(await serve(t));
  for (let turn = 0; turn < 50; turn++) {
    await clock.send('turn');
    await clock.receive();
  }
  assert.ok(client.bytesRead <= 2 * 65_536, `${client.bytesRead} bytes were read`);
  let count = 0;
  for await (const line of client) {
    assert.equal(line, 'some line');
    count += 1;
  }
  assert.equal(count, 5e5);
  client.end();
  await client.closed;
});

test('limits hold on this side, too', async (t) => {
  const server = await plainServer(t);
  const quiet = await dial(server, { idleTimeout: 200 });
  const error = await rejection(quiet.receive());
  assert.equal(error.reason, 'idle-timeout');
  assert.equal((error as Error & { code: string }).code, 'ERR_CONNECTION_ENDED');
  (await server.client).end();
  assert.equal(await within(quiet.closed, () => 'the end'), 'idle-timeout');
});

test('a server that does not listen', async () => {
  const port = await unusedPort();
  const error = (await rejection(connect({ host: '127.0.0.1', port }))) as NodeJS.ErrnoException;
  assert.deepEqual([error.code, error.syscall], ['ECONNREFUSED', 'connect']);
});

test("a host that isn't known", async () => {
  const error = await rejection(connect({ host: 'unknown.invalid', port: 1 }));
  assert.match(error.code ?? '', /^(ENOTFOUND|EAI_AGAIN)$/);
});

for (const [name, options, message] of [
  ['port', { port: 0 }, /^option "port" must be a whole number from 1 to 65535, got 0$/],
  ['port', {}, /^option "port" is missing$/],
  ['host', { port: 1, host: '' }, /^option "host" must be a text that isn't empty, got ""$/],
  ['connectTimeout', { port: 1, connectTimeout: 0 }, /^option "connectTimeout" must be a whole number/],
  ['idleTimeout', { port: 1, idleTimeout: -1 }, /^option "idleTimeout" must be a whole number/],
  ['framing', { port: 1, framing: { type: 'morse' } }, /^option "framing(\.type)?" must be/],
  ['format', { port: 1, format: 'utf8' }, /^option "format" must be one of/],
  ['handler', { port: 1, handler: './handler.ts' }, /^option "handler" isn't known$/],
] as const) {
  test(`a wrong option: ${name} of ${JSON.stringify(options)}`, async () => {
    const error = await rejection(connect(options as never));
    assert.deepEqual([error.name, error.code], ['OptionError', 'ERR_INVALID_OPTION']);
    assert.match(error.message, message);
  });
}

for (const how of ['ends', 'disposes', 'is-reset']) {
  test(`a process whose connection has ended ends by itself (${how})`, async (t) => {
    const server = await serve(t, { handler: fixture('resets-on-demand'), framing: lines() });
    const client = program(t, 'client', String(server.address!.port), how);
    const { code, stdout, stderr } = await client.end();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    const reason = { ends: 'peer-end', disposes: 'handler-end', 'is-reset': 'peer-reset' }[how];
    assert.equal(stdout, `hello\n${reason}\n`);
  });
}

test('a connection can be used as a stream of messages while it is sent to', async (t) => {
  const server = await serve(t, { framing: lines(), handler: fixture('upper') });
  const client: Connection & AsyncDisposable = await dial(server, { framing: lines() });
  await client.send('0');
  for await (const message of client) {
    if (message === '100') break;
    await client.send(String(Number(message) + 1));
  }
  await client[Symbol.asyncDispose]();
});
