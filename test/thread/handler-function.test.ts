import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

test('receive() gives each message, then undefined when the client has ended', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('receives'), data: channel });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.send('first');
  await client.expect('one\n');
  client.end('second');
  assert.equal((await client.readAll()).toString(), 'bye');
  assert.deepEqual(await reports.first(3), [['first'], ['second'], [undefined]]);
  assert.equal((await disconnects.one()).reason, 'peer-end');
});

test('a handler iterates over the messages', async (t) => {
  const server = await serve(t, { handler: fixture('upper') });
  const client = await Client.connect(server);
  await client.ask('hello', 'HELLO');
  client.end('bye');
  assert.equal((await client.readAll()).toString(), 'BYE');
});

test('leaving an iteration leaves the connection and the further messages alone', async (t) => {
  const server = await serve(t, { handler: fixture('iterates-twice') });
  const client = await Client.connect(server);
  client.end('one\ntwo\nthree\n');
  assert.equal((await client.readAll()).toString(), 'first: one\nthen: two\nthen: three\nend\n');
});

test('what was sent goes before the end, however much it is', async (t) => {
  const server = await serve(t, { handler: fixture('returns-after-one') });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.send('go');
  assert.equal((await client.readAll()).length, 4 * 2 ** 20);
  const { reason, bytesWritten } = await disconnects.one();
  assert.deepEqual([reason, bytesWritten], ['handler-end', 4 * 2 ** 20]);
});

test('the promise of send() stays open while much is due, until the client has taken it', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('sends-much'), data: channel });
  const client = await Client.connect(server);
  client.socket.pause();
  client.send('go');
  const { waits } = (await reports.one()) as { waits: number };
  assert.equal(reports.all.length, 1);
  client.socket.resume();
  assert.equal((await client.readAll()).length, waits * 256 * 1024);
  assert.equal((await reports.first(2))[1], 'drained');
});

test('the promise of send() rejects when the client resets before it has taken all', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('sends-much'), data: channel });
  const client = await Client.connect(server);
  client.socket.pause();
  client.send('go');
  await reports.one();
  client.reset();
  assert.equal((await reports.first(2))[1], 'peer-reset');
});

test('send() rejects what cannot be framed, and the connection goes on', async (t) => {
  const client = await Client.connect(await serve(t, { handler: fixture('sends-unframable') }));
  await client.ask('careful\n', 'invalid-message\n');
  await client.ask('hello\n');
});

test('after end() the client has the FIN, and its messages still arrive', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('ends-first'), data: channel });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server, { allowHalfOpen: true });
  await client.expect('that is all from me');
  await client.fin();
  client.send('one');
  await reports.first(1);
  client.end('two');
  assert.deepEqual(await reports.first(3), ['one', 'two', null]);
  assert.equal(await client.ending(), 'end');
  assert.equal((await disconnects.one()).reason, 'peer-end');
});

for (const detail of ['rude', undefined]) {
  test(`destroy(${detail ? `'${detail}'` : ''}) resets the connection`, async (t) => {
    const server = await serve(t, { handler: fixture('destroys') });
    const disconnects = record(server, 'disconnect');
    const errors = record(server, 'handler-error');
    const client = await Client.connect(server);
    client.send(detail ?? '-');
    assert.equal(await client.ending(), 'reset');
    const end = await disconnects.one();
    assert.deepEqual([end.reason, end.detail, end.error], ['handler-destroy', detail, undefined]);
    assert.deepEqual(errors.all, []);
  });
}

test('a connection knows its ends, its thread and its numbers', async (t) => {
  const data = { greeting: 'hello', since: new Date(0) };
  const server = await serve(t, { handler: fixture('describes'), data, format: 'latin1' });
  const connections = record(server, 'connection');
  const client = await Client.connect(server);
  client.send('one\n');
  const first = JSON.parse(await client.readLine());
  const { id, peer, local, threadId } = await connections.one();
  assert.deepEqual(first, {
    message: 'one',
    id,
    peer: { address: '127.0.0.1', port: client.port, family: 'IPv4' },
    local: { address: '127.0.0.1', port: server.address?.port, family: 'IPv4' },
    threadId,
    data: { greeting: 'hello', since: '1970-01-01T00:00:00.000Z' },
    framingName: 'lines',
    format: 'latin1',
    wasUndefined: true,
    context: { counted: 1 },
    bytesRead: 4,
    bytesWritten: 0,
  });
  assert.deepEqual([first.peer, first.local], [peer, local]);

  const other = await Client.connect(server);
  other.send('one\n');
  const others = JSON.parse(await other.readLine());
  assert.deepEqual([others.id, others.context], [id + 1, { counted: 1 }]);

  client.send('two\n');
  const second = JSON.parse(await client.readLine());
  assert.deepEqual([second.context, second.bytesRead], [{ counted: 2 }, 8]);
  assert.equal(second.bytesWritten, JSON.stringify(first).length + 1);
});

test('the signal is aborted when the connection ends', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('reports-signal'), data: channel });
  const client = await Client.connect(server);
  await client.ask('hello');
  assert.deepEqual(await reports.first(1), ['begins unaborted']);
  client.reset();
  assert.deepEqual(await reports.first(2), ['begins unaborted', 'aborted']);
});

test('a signal asked for after the end is aborted', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('late-signal'), data: channel });
  (await Client.connect(server)).reset();
  assert.equal(await reports.one(), true);
});

test('a second receive() before the first has its message is refused, and harms nothing', async (t) => {
  const client = await Client.connect(await serve(t, { handler: fixture('receives-twice') }));
  assert.equal(await client.readLine(), 'receive() was called before the previous call had its message');
  client.send('hello');
  assert.equal(await client.readLine(), 'hello');
});

test('asFrames() after the first message throws', async (t) => {
  const server = await serve(t, { handler: fixture('frames-too-late') });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.send('hello');
  const { reason, error } = await disconnects.one();
  assert.equal(reason, 'handler-error');
  assert.match((error as Error).message, /asFrames\(\) must be called before the first message/);
});

for (const how of ['reset', 'end', 'destroy'] as const) {
  const reason = { reset: 'peer-reset', end: 'handler-end', destroy: 'handler-destroy' }[how];
  test(`send() after the ${how} rejects, and one that isn't awaited costs the thread nothing`, async (t) => {
    const { channel, reports } = recordReports(t);
    const server = await serve(t, { handler: fixture('sends-after-end'), data: channel });
    const exits = record(server, 'thread-exit');
    const [client, other] = await Promise.all([Client.connect(server), Client.connect(server)]);
    await Promise.all([client.ask('hello'), other.ask('hello')]);
    if (how === 'destroy') client.send('destroy');
    else client[how]();
    assert.deepEqual(await reports.one(), { name: 'ConnectionError', code: 'ERR_CONNECTION_ENDED', reason });
    await other.ask('still there');
    assert.deepEqual(exits.all, []);
  });
}
