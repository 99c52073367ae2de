import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  lengthField,
  lines,
  text,
  type CloseReason,
  type FormatDescriptor,
  type FormatName,
  type FramingDescriptor,
} from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record, recordReports } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { onTheWire } from '../support/framings.ts';
import { giveTurns } from '../support/turns.ts';

const ONE_READ = 64 * 1024;

interface Invalid {
  readonly name: string;
  readonly framing: FramingDescriptor;
  readonly format?: FormatName | FormatDescriptor;
  /** A message, then what is none. */
  readonly sent: string | Buffer;
  readonly message?: string;
  readonly reason: CloseReason;
  readonly error: RegExp;
}

/** A frame that holds `ok`, and the beginning of another one. */
function afterOk(framing: FramingDescriptor, header: readonly number[]): Buffer {
  return Buffer.concat([onTheWire(framing, ['ok']), Buffer.from(header)]);
}

const fatal = text('utf-8', { fatal: true });
const long = lengthField({ lengthBytes: 8 });
const adjusted = lengthField({ lengthBytes: 4, adjustment: -8 });
const little = lengthField({ lengthBytes: 4, byteOrder: 'little' });
const varint = lengthField({ lengthBytes: 'varint' });

const INVALID: readonly Invalid[] = [
  {
    name: 'bad JSON',
    framing: lines(),
    format: 'json',
    sent: '{"a":1}\n{"b":}\n"never read"\n',
    message: '{"a":1}',
    reason: 'invalid-message',
    error: /^json: Unexpected token '}', .* at position 5$/,
  },
  {
    name: 'JSON that is cut off',
    framing: lines(),
    format: 'json',
    sent: '"ok"\n[1,\n',
    message: '"ok"',
    reason: 'invalid-message',
    error: /^json: Unexpected end of JSON input, at position 3$/,
  },
  {
    name: 'JSON that is no utf-8',
    framing: lines(),
    format: 'json',
    sent: Buffer.from('"ok"\n"\xff"\n', 'latin1'),
    message: '"ok"',
    reason: 'invalid-message',
    error: /^json: the bytes of a message must be valid utf-8, got others at position 1$/,
  },
  {
    name: 'invalid utf-8',
    framing: lines(),
    format: fatal,
    sent: Buffer.from('ok\nab\xff\n', 'latin1'),
    reason: 'invalid-message',
    error: /^utf-8: the bytes of a message must be valid utf-8, got others at position 2$/,
  },
  {
    name: 'a line that is too long',
    framing: lines({ maxLength: 24 }),
    sent: `ok\n${'x'.repeat(25)}`,
    reason: 'message-too-large',
    error: /^lines: a message has more than 24 bytes \(maxLength\) before its delimiter$/,
  },
  {
    name: 'a length that is negative',
    framing: adjusted,
    sent: afterOk(adjusted, [0, 0, 0, 7]),
    reason: 'invalid-message',
    error: /^length-field: the length 7 with adjustment -8 ends inside the header$/,
  },
  {
    name: 'a length that would be negative, were it signed',
    framing: lengthField(),
    sent: afterOk(lengthField(), [0xff, 0xff, 0xff, 0xff]),
    reason: 'message-too-large',
    error: /^length-field: a frame of 4294967299 bytes is announced, more than maxLength \(1048576\)$/,
  },
  {
    name: 'a length that is one too large',
    framing: little,
    sent: afterOk(little, [0xfd, 0xff, 0x0f, 0x00]),
    reason: 'message-too-large',
    error: /^length-field: a frame of 1048577 bytes is announced, more than maxLength \(1048576\)$/,
  },
  {
    name: 'a length of 2^64-1',
    framing: long,
    sent: afterOk(long, Array<number>(8).fill(0xff)),
    reason: 'message-too-large',
    error: /^length-field: a frame of more than 9007199254740991 bytes is announced/,
  },
  {
    name: 'a varint of 2^64-1',
    framing: varint,
    sent: afterOk(varint, [...Array<number>(9).fill(0xff), 1]),
    reason: 'message-too-large',
    error: /^length-field: a frame of more than 9007199254740991 bytes is announced/,
  },
  {
    name: 'a varint without an end',
    framing: varint,
    sent: afterOk(varint, Array<number>(10).fill(0xff)),
    reason: 'invalid-message',
    error: /^length-field: a varint must have at most 10 bytes and 64 bits, got 0xf{20}$/,
  },
];

const INCOMPLETE: readonly (readonly [framing: FramingDescriptor, sent: string | Buffer, bytes: number])[] = [
  [lines(), 'ok\nhalf', 4],
  [lines(), 'ok\nhalf\r', 5],
  [{ type: 'delimiter', delimiters: ['\r\n'] }, 'ok\r\nhalf\r', 5],
  [{ type: 'fixed-length', length: 24 }, `${'ok'.padEnd(24)}half`, 4],
  [lengthField(), afterOk(lengthField(), [0, 0]), 2],
  [lengthField(), afterOk(lengthField(), [0, 0, 0, 9, 1, 2, 3]), 7],
  [varint, afterOk(varint, [0x80]), 1],
];

const EVERY: readonly (Invalid & { ends?: boolean })[] = [
  ...INVALID,
  ...INCOMPLETE.map(([framing, sent, bytes]): Invalid & { ends: boolean } => ({
    name: `${JSON.stringify(sent.toString('latin1'))} and then the end`,
    framing,
    sent,
    reason: 'incomplete-message',
    error: new RegExp(`^the peer ended after ${bytes} bytes of an incomplete message$`),
    ends: true,
  })),
];

for (const { name, framing, format = 'utf-8', sent, message = 'ok', reason, error, ends } of EVERY) {
  test(`${framing.type}: ${name}`, async (t) => {
    const server = await serve(t, { handler: fixture('answers-error'), framing, format });
    const disconnects = record(server, 'disconnect');
    const failures = record(server, 'handler-error');
    const [other, client] = [await Client.connect(server), await Client.connect(server)];
    if (ends) client.end(sent);
    else client.send(sent);

    const answer = format === 'json' ? `"no: ${reason}"` : `no: ${reason}`;
    assert.deepEqual(await client.readAll(), onTheWire(framing, [message, answer]));
    const disconnect = await disconnects.one();
    assert.equal(disconnect.reason, reason);
    assert.equal(disconnect.peer.port, client.port);
    const { name: errorName, code, message: told } = disconnect.error as Error & { code: string };
    assert.deepEqual([errorName, code], ['MessageError', reason]);
    const prefix = `connection ${disconnect.id}: `;
    assert.ok(told.startsWith(prefix), told);
    assert.match(told.slice(prefix.length), error);
    assert.deepEqual(failures.all, [], "a client's fault is no failure of the handler");

    const fine = onTheWire(framing, [message]);
    other.send(fine);
    assert.deepEqual(await other.read(fine.length), fine);
  });
}

test('a frame that is announced too large is refused before its body is read', async (t) => {
  const { channel, reports } = recordReports(t);
  const framing = lengthField({ maxLength: 1000 });
  const server = await serve(t, { handler: fixture('stays-after-error'), framing, data: channel });
  const client = await Client.connect(server);
  client.send(Buffer.from([0x40, 0, 0, 0]));
  assert.deepEqual(await reports.first(2), ['message-too-large', 'message-too-large']);
  client.send(Buffer.alloc(8 * 2 ** 20));
  const clock = await Client.connect(server);
  const question = onTheWire(framing, ['turn']);
  for (let turn = 0; turn < 20; turn++) {
    clock.send(question);
    assert.deepEqual(await clock.read(question.length), question);
  }
  assert.equal(server.stats().bytesRead, 4 + 20 * question.length);
});

test('10 million bytes without a line ending are refused when maxLength is reached', async (t) => {
  const { channel, reports } = recordReports(t);
  const framing = lines();
  const server = await serve(t, { handler: fixture('stays-after-error'), framing, data: channel });
  const [clock, client] = [await Client.connect(server), await Client.connect(server)];
  client.send(Buffer.alloc(1e7, 'x'));
  assert.equal(await reports.one(), 'message-too-large');
  const asked = await giveTurns(clock);
  const read = server.stats().bytesRead - asked;
  assert.ok(read <= 65_536 + ONE_READ, `${read} bytes were read`);
});

test('the handler gets every message before the one that is none, however far it is behind', async (t) => {
  const server = await serve(t, { handler: fixture('answers-error'), framing: lines(), format: fatal });
  const client = await Client.connect(server);
  const good = Array.from({ length: 2000 }, (_, index) => `${'x'.repeat(100)} ${index}\n`).join('');
  client.send(Buffer.concat([Buffer.from(good), Buffer.from([0xff, 0x0a]), Buffer.from('never read\n')]));
  assert.equal((await client.readAll()).toString(), `${good}no: invalid-message\n`);
});
