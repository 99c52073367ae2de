import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { Client } from '../support/client.ts';
import { command } from '../support/command.ts';
import { folder } from '../support/folder.ts';
import { install, ROOT } from '../support/installed.ts';

interface Running {
  readonly connect: () => Promise<Client>;
  /** The server ends at SIGTERM with 0, having printed no error. */
  readonly end: () => Promise<void>;
}

describe('examples', { concurrency: 2 }, () => {
  const home = folder({ after });
  let project = '';

  before(() => {
    project = install(home, {});
    cpSync(join(ROOT, 'examples'), join(project, 'examples'), { recursive: true });
  });

  async function start(t: TestContext, name: string, ...args: string[]): Promise<Running> {
    const cwd = join(project, 'examples', name);
    const running = command(t, process.execPath, ['server.ts', '0', ...args], { cwd });
    const port = Number(/^port (\d+)$/.exec((await running.lines(1))[0]!)![1]);
    return {
      connect: () => Client.connect({ address: { port } }),
      async end() {
        running.process.kill('SIGTERM');
        const { code, stderr } = await running.end();
        assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      },
    };
  }

  test('lines', async (t) => {
    const { connect, end } = await start(t, 'lines');
    const client = await connect();
    await client.expect('Hello, 127.0.0.1.\n');
    await client.ask('one\ntwo\r\n', 'ONE\nTWO\n');
    client.send('quit\n');
    await client.fin();
    client.end();
    await end();
  });

  test('json', async (t) => {
    const { connect, end } = await start(t, 'json');
    const client = await connect();
    await client.ask('{"id":1,"numbers":[1,2,3]}\n', '{"id":1,"sum":6}\n');
    for (const wrong of ['null', '7', '{"id":"1","numbers":[]}', '{"id":1,"numbers":["1"]}']) {
      client.send(`${wrong}\n`);
      assert.match(await client.readLine(), /^\{"error":"expected /);
    }
    client.end();
    await client.ending();
    await end();
  });

  test('blocking', async (t) => {
    const { connect, end } = await start(t, 'blocking');
    const clients = [await connect(), await connect(), await connect()];
    await Promise.all(
      clients.map(async (client, index) => {
        const password = `secret ${index}`;
        const hash = scryptSync(password, 'salt', 32, { N: 2 ** 15, maxmem: 2 ** 26 }).toString('hex');
        await client.ask(`${password}\n`, `${hash}\n`);
        client.end();
        await client.ending();
      }),
    );
    await end();
  });

  test('proxy', async (t) => {
    const upstream = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    t.after(() => upstream.close());
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    const { port } = upstream.address() as AddressInfo;
    const { connect, end } = await start(t, 'proxy', String(port), '127.0.0.1');
    const client = await connect();
    const bytes = Buffer.from(Array.from({ length: 2 ** 20 }, (_, index) => (index * 7919) % 251));
    client.end(bytes);
    assert.ok((await client.readAll()).equals(bytes));
    await end();
  });

  test('chat', async (t) => {
    const { connect, end } = await start(t, 'chat');
    const [anna, ben] = [await connect(), await connect()];
    // In whatever order the threads hear of each other, all of them hear all of it in the end.
    await heard(anna, `127.0.0.1:${ben.port} is here`);
    await heard(ben, `127.0.0.1:${ben.port} is here`);
    ben.send('hello\n');
    for (const member of [anna, ben]) await heard(member, `127.0.0.1:${ben.port}: hello`);
    ben.end();
    await heard(anna, `127.0.0.1:${ben.port} has left`);
    anna.end();
    await anna.ending();
    await end();
  });
});

/** Reads up to this line. */
async function heard(client: Client, line: string): Promise<void> {
  while ((await client.readLine()) !== line);
}
