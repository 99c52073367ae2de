import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Framing } from '../../src/index.ts';
import { createRaw } from '../../src/framing/raw.ts';
import { Client } from '../support/client.ts';
import { dial } from '../support/dial.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import * as inOneTurn from '../fixtures/sends-in-one-turn.ts';
import * as thenEnds from '../fixtures/sends-then-ends.ts';
import { onTheWire } from '../support/framings.ts';
import { receiveAll } from '../support/receive-all.ts';

test('what is sent in one turn is one write, in order', async (t) => {
  const server = await serve(t, { handler: fixture('sends-in-one-turn') });
  const client = await Client.connect(server);
  client.send(onTheWire(inOneTurn.framing, ['go']));
  const messages = Array.from({ length: inOneTurn.COUNT }, (_, index) => `message ${index}`);
  const wire = onTheWire(inOneTurn.framing, messages);
  // io_uring has no socket that could be asked.
  const writes = server.transport.driver === 'node' ? 1 : 0;
  const said = `${writes} writes, 0 bytes in the turn, ${wire.length} at its end`;
  assert.deepEqual(
    (await client.readAll()).toString(),
    Buffer.concat([wire, onTheWire(inOneTurn.framing, [said])]).toString(),
  );
});

test('end() sends everything before it, then FIN; what comes is still received', async (t) => {
  const { channel, reports } = recordReports(t);
  const server = await serve(t, { handler: fixture('sends-then-ends'), data: channel });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server, { allowHalfOpen: true });
  client.send('go\n');
  await client.fin();
  client.end('received\n');
  const messages = Array.from({ length: thenEnds.COUNT }, (_, index) => `message ${index}\n`).join('');
  assert.ok((await client.readAll()).toString() === messages);
  assert.deepEqual(await reports.first(3), ['ConnectionError', 'received', null]);
  assert.equal((await disconnects.one()).reason, 'peer-end');
});

for (const format of ['utf-8', 'utf-16le', 'latin1', 'ascii', 'hex', 'base64'] as const) {
  test(`texts in ${format} that are sent in one turn are not mixed up`, async (t) => {
    const server = await serve(t);
    await using client = await dial(server, { format });
    const texts = ['ab', 'cdef', '', 'gh', 'ijklmnop'].map((text) =>
      Buffer.from(text, 'latin1').toString(format),
    );
    for (const text of texts) client.send(text);
    client.end();
    const echoed = await receiveAll(client);
    assert.equal(Buffer.from(echoed.join(''), format).toString('latin1'), 'abcdefghijklmnop');
  });
}

test('the halves of a character that are sent as two messages of one turn stay apart', async (t) => {
  const server = await serve(t);
  await using client = await dial(server);
  for (const half of ['\u{1f600}'.charAt(0), '\u{1f600}'.charAt(1)]) client.send(half);
  client.end();
  assert.equal((await receiveAll(client)).join(''), '\ufffd\ufffd');
});

test('strings and Buffers that are sent in one turn keep their order', async (t) => {
  const server = await serve(t);
  const framing: Framing = {
    ...createRaw(1024),
    encode(message, _encoding, write) {
      write(Number(message) % 3 === 0 ? message : Buffer.from(message as string));
      write(';');
    },
  };
  await using client = await dial(server, { framing });
  const numbers = Array.from({ length: 1000 }, (_, index) => `${index}`);
  for (const number of numbers) client.send(number);
  client.end();
  assert.equal((await receiveAll(client)).join(''), `${numbers.join(';')};`);
});
