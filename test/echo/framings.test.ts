import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { FormatName, FramingDescriptor } from '../../src/index.ts';
import { Client } from '../support/client.ts';
import { record } from '../support/record.ts';
import { serve } from '../support/serve.ts';
import { FRAMINGS, onTheWire } from '../support/framings.ts';

const FORMATS = ['utf-8', 'utf-16le', 'latin1', 'ascii', 'hex', 'base64', 'binary', 'json'] as const;
const TEXTS: ReadonlySet<FormatName> = new Set(['utf-8', 'utf-16le', 'latin1', 'ascii']);
/** Twice the 11 bytes of the disconnect message, as utf-16le writes it, must fit. */
const WIDE = 32;
const framings: readonly FramingDescriptor[] = [
  FRAMINGS.raw!,
  FRAMINGS.lines!,
  FRAMINGS.delimiter!,
  { type: 'fixed-length', length: WIDE },
  FRAMINGS['length-field of 2 bytes, little endian']!,
  FRAMINGS['varint length-field']!,
];

const INVALID = Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0x80, 0xd8]);
const bytes = (text: string): Buffer => Buffer.from(text);

/** Frames that no framing refuses, exactly as a client may write them. */
function frames(framing: FramingDescriptor): Buffer {
  switch (framing.type) {
    case 'raw':
      return Buffer.concat([INVALID, bytes('\r\n\0 text !DISCONNECT'), INVALID]);
    case 'lines':
      return Buffer.concat([INVALID, bytes('\r\n\n\r\n\r\r\n one\rtwo\nthree\r\n !DISCONNECT\r\n')]);
    case 'delimiter':
      return Buffer.concat([INVALID, bytes('\r\n;;\n;\r;\r\r\n!DISCONNECT \r\n'), INVALID, bytes(';')]);
    case 'fixed-length':
      return Buffer.concat([INVALID, Buffer.alloc(WIDE - INVALID.length), bytes('text'.padEnd(WIDE))]);
    default:
      return onTheWire(framing, [INVALID, '', 'text\r\n', ' !DISCONNECT', '"!DISCONNECT" ', '\0']);
  }
}

function disconnectMessage(format: FormatName): Buffer {
  if (format === 'json') return bytes('"!DISCONNECT"');
  return Buffer.from('!DISCONNECT', TEXTS.has(format) ? (format as BufferEncoding) : 'utf-8');
}

for (const framing of framings) {
  for (const format of FORMATS) {
    test(`echo gives the same bytes back, and knows its disconnect message: ${inspect(framing)}, ${format}`, async (t) => {
      const server = await serve(t, { framing, format });
      const disconnects = record(server, 'disconnect');
      const client = await Client.connect(server);
      const sent = frames(framing);
      client.send(sent);
      assert.deepEqual(await client.read(sent.length), sent);
      const goodbye = onTheWire(framing, [disconnectMessage(format)]);
      client.send(framing.type === 'raw' ? goodbye : Buffer.concat([goodbye, sent]));
      assert.equal((await client.readAll()).length, 0);
      assert.equal((await disconnects.one()).reason, 'handler-end');
    });
  }
}

test('with json, the disconnect message is a JSON text', async (t) => {
  const client = await Client.connect(await serve(t, { framing: { type: 'lines' }, format: 'json' }));
  const others = '!DISCONNECT\n"!DISCONNECT \n"!\\u0044ISCONNECT"\n';
  client.send(others);
  await client.expect(others);
  client.send('"!DISCONNECT"\n');
  assert.equal((await client.readAll()).length, 0);
});

test('with fixed-length, the disconnect message is padded as a message of the server is', async (t) => {
  for (const pad of [undefined, 0] as const) {
    const framing = { type: 'fixed-length', length: 12, ...(pad !== undefined && { pad }) } as const;
    const client = await Client.connect(await serve(t, { framing }));
    const other = `!DISCONNECT${pad === 0 ? ' ' : '\0'}`;
    client.send(other);
    await client.expect(other);
    client.send(`!DISCONNECT${pad === 0 ? '\0' : ' '}${other}`);
    assert.equal((await client.readAll()).length, 0);
  }
});

test('with a length field, the disconnect message is exact', async (t) => {
  const framing = { type: 'length-field', lengthBytes: 2 } as const;
  const client = await Client.connect(await serve(t, { framing }));
  const others = onTheWire(framing, ['!DISCONNECT\n', '!DISCONNECT\r\n', '!DISCONNEC', '!disconnect']);
  client.send(others);
  assert.deepEqual(await client.read(others.length), others);
  client.send(onTheWire(framing, ['!DISCONNECT', 'not any more']));
  assert.equal((await client.readAll()).length, 0);
});
