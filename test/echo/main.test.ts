import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { program } from '../support/command.ts';

test('main() prints one line when it starts, when it listens, and when a client comes and goes', async (t) => {
  const script = program(t, 'echo-main');
  const [, listening] = await script.lines(2);
  const port = Number(/ (\d+)$/.exec(listening!)?.[1]);

  const client = await Client.connect({ address: { port } });
  await client.ask('hello');
  client.end();
  await client.readAll();
  await script.lines(4);

  script.process.kill();
  const { stdout, stderr } = await script.end();
  assert.equal(
    stdout,
    `[STARTING] Server is starting...
[LISTENING] Server is listening on port ${port}
[New Connection] Client connected from 127.0.0.1:${client.port}
[Client disconnected]
`,
  );
  assert.equal(stderr, '');
});
