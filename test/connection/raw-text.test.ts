import assert from 'node:assert/strict';
import { test } from 'node:test';
import { raw, text, type FormatDescriptor, type FormatName } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';

const TEXT = 'Grüße, 世界 👩‍🚀 und €';
const REPLACEMENT = '\uFFFD';

const isEnd = (report: unknown): boolean => typeof report === 'object';

/** What a handler gets of these bytes, cut into messages of so many bytes. */
async function messages(
  t: Parameters<typeof serve>[0],
  bytes: Buffer,
  size: number,
  format: FormatName | FormatDescriptor,
) {
  const { channel, reports } = recordReports(t);
  const framing = raw({ size });
  const server = await serve(t, { handler: fixture('reports-messages'), framing, format, data: channel });
  const disconnects = record(server, 'disconnect');
  const client = await Client.connect(server);
  client.end(bytes);
  const disconnect = await disconnects.one();
  await client.ending();
  while (!reports.all.some(isEnd)) await reports.first(reports.all.length + 1);
  return { received: reports.all.slice(0, -1) as string[], end: reports.all.at(-1), disconnect };
}

for (const size of [1, 2, 3, 5]) {
  test(`characters of utf-8 that are cut after every ${size} bytes stay whole`, async (t) => {
    const { received, disconnect } = await messages(t, Buffer.from(TEXT), size, 'utf-8');
    assert.equal(received.join(''), TEXT);
    assert.ok(received.every((piece) => piece.isWellFormed() && !piece.includes(REPLACEMENT)));
    assert.equal(disconnect.reason, 'peer-end');
    if (size === 1) assert.deepEqual(received, Array.from(TEXT));
  });
}

for (const size of [1, 3]) {
  test(`characters of utf-16le that are cut after every ${size} bytes stay whole`, async (t) => {
    const { received } = await messages(t, Buffer.from(TEXT, 'utf-16le'), size, 'utf-16le');
    assert.equal(received.join(''), TEXT);
    assert.ok(received.every((piece) => piece.isWellFormed()));
  });
}

test('base64 that is cut anywhere is the base64 of the whole', async (t) => {
  const bytes = Buffer.from(TEXT);
  const { received } = await messages(t, bytes, 5, 'base64');
  assert.equal(received.join(''), bytes.toString('base64'));
});

test('a stream that ends within a character ends with U+FFFD', async (t) => {
  const { received, end, disconnect } = await messages(t, Buffer.from('ab€').subarray(0, -1), 1, 'utf-8');
  assert.equal(received.join(''), `ab${REPLACEMENT}`);
  assert.equal(end, null);
  assert.equal(disconnect.reason, 'peer-end');
});

for (const [format, bytes, where] of [
  ['utf-8', Buffer.from('ab€').subarray(0, -1), 'utf-8: the stream ends within a character'],
  ['utf-16le', Buffer.from('ab\0', 'latin1'), 'utf-16le: the stream ends within a character'],
  [
    'utf-8',
    Buffer.from('ab\xffcd', 'latin1'),
    'utf-8: the bytes must be valid utf-8, got others between the positions 2 and 3 of the stream',
  ],
] as const) {
  test(`fatal: ${where}`, async (t) => {
    const { received, end, disconnect } = await messages(t, bytes, 1, text(format, { fatal: true }));
    assert.equal(received.join(''), bytes.subarray(0, 2).toString(format));
    const message = `connection ${disconnect.id}: ${where}`;
    assert.deepEqual(end, { name: 'MessageError', code: 'invalid-message', message });
    assert.equal(disconnect.reason, 'invalid-message');
    assert.equal((disconnect.error as Error).message, message);
  });
}

test('each connection has characters of its own', async (t) => {
  const server = await serve(t, { handler: fixture('answers-error'), framing: raw({ size: 2 }) });
  const [one, two] = [await Client.connect(server), await Client.connect(server)];
  const euro = Buffer.from('€');
  for (const client of [one, two]) client.send(Buffer.concat([Buffer.from('a'), euro.subarray(0, 2)]));
  await one.expect('a');
  await two.expect('a');
  for (const client of [one, two]) client.end(euro.subarray(2));
  assert.deepEqual(await one.readAll(), euro);
  assert.deepEqual(await two.readAll(), euro);
});
