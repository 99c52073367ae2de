import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { connect, type Framing } from '../../src/index.ts';
import { DECODES, ENCODES, framing, LARGE } from '../fixtures/faulty-framing.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { until } from '../support/wait.ts';

async function scene(t: TestContext) {
  const server = await serve(t, { handler: fixture('faulty-framing'), lingerTimeout: 100 });
  const [disconnects, failures] = [record(server, 'disconnect'), record(server, 'handler-error')];
  const exits = record(server, 'thread-exit');
  const other = await Client.connect(server);
  const client = await Client.connect(server);
  await client.ask('hello\n', '>hello\n');

  async function assertFault(said: RegExp): Promise<void> {
    assert.equal(await client.ending(), 'reset');
    const { reason, error, peer } = await disconnects.one();
    assert.deepEqual([reason, peer.port], ['handler-error', client.port]);
    const message = error instanceof Error ? error.message : String(error);
    assert.match(message, said);
    if (!said.source.startsWith('^')) assert.match(message, /^framing "faulty": /);
    await other.ask('still there\n', '>still there\n');
    assert.deepEqual([failures.all.length, exits.all], [1, []]);
  }
  return { server, client, other, disconnects, failures, assertFault };
}

for (const [word, [, said]] of Object.entries(DECODES)) {
  test(`a decoder that does wrong ends its connection, which says why: ${word}`, async (t) => {
    const { client, assertFault } = await scene(t);
    client.send(`${word}\n`);
    await assertFault(said);
  });
}

for (const [message, [, said]] of Object.entries(ENCODES)) {
  for (const how of ['', 'unawaited ']) {
    test(`so does a framing that writes wrong, of which nothing goes out: ${how}${message}`, async (t) => {
      const { client, assertFault } = await scene(t);
      client.send(`before\n${how}${message}\n`);
      await client.expect('>before\n');
      await assertFault(said);
    });
  }
}

test('of a message that it refuses nothing goes out, though it had begun to write', async (t) => {
  const { client } = await scene(t);
  await client.ask('refused\n', '>invalid-message\n');
  await client.ask('refused\nagain\n', '>invalid-message\n>again\n');
});

test('it may throw one error for every client', async (t) => {
  const { client, other, disconnects, failures } = await scene(t);
  for (const [index, one] of [client, other].entries()) {
    one.send('no-message');
    assert.equal((await one.readAll()).toString(), '');
    const { id, reason, error, peer } = (await disconnects.first(index + 1))[index]!;
    assert.deepEqual([reason, peer.port], ['invalid-message', one.port]);
    assert.equal((error as Error).message, `connection ${id}: nothing that could be read`);
  }
  assert.deepEqual(failures.all, []);
});

test('it may write from memory that it uses again, however large', async (t) => {
  const { client } = await scene(t);
  client.socket.pause();
  client.send('large\n');
  client.socket.resume();
  const answer = LARGE.map((message) => `>${message}\n`).join('');
  assert.ok((await client.read(answer.length)).toString() === answer);
});

const noDecoder: Readonly<Record<string, readonly [() => unknown, RegExp]>> = {
  undefined: [
    () => undefined,
    /createDecoder\(\) must return an object with a decode function, got undefined$/,
  ],
  'an object without decode': [() => ({ buffered: 0 }), /with a decode function, got \{ buffered: 0 \}$/],
  'one without buffered': [
    () => ({ decode() {} }),
    /its decoder's buffered must be a number of bytes, got undefined$/,
  ],
};

for (const [what, [createDecoder, said]] of Object.entries(noDecoder)) {
  test(`what is no decoder is named, and leaves no connection behind: ${what}`, async (t) => {
    const server = await serve(t);
    const [disconnects, drops] = [record(server, 'disconnect'), record(server, 'drop')];
    const own = { ...framing, createDecoder } as unknown as Framing;
    await assert.rejects(connect({ host: '127.0.0.1', port: server.address!.port, framing: own }), {
      name: 'TypeError',
      message: said,
    });
    // It may be gone before it is accepted.
    const ends = (): { readonly reason: string }[] => [...disconnects.all, ...drops.all];
    await until(
      () => ends().length > 0,
      () => 'the end of the connection',
    );
    assert.deepEqual(
      ends().map(({ reason }) => reason),
      ['peer-reset'],
    );
  });
}

test('on this side of connect() the promises say why', async (t) => {
  const server = await serve(t);
  const client = await connect({ host: '127.0.0.1', port: server.address!.port, framing, lingerTimeout: 10 });
  const received = client.receive();
  const said = { name: 'ConnectionError', reason: 'handler-error' };
  await assert.rejects(client.send('writes-number'), (error: Error) => {
    assert.match((error.cause as Error).message, /^framing "faulty": encode\(\) must write/);
    return true;
  });
  await assert.rejects(received, said);
  assert.equal(await client.closed, 'handler-error');
});
