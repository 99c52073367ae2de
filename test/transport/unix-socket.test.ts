import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { lines } from '../../src/index.ts';
import { folder } from '../support/folder.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { until, within } from '../support/wait.ts';

function socketPath(t: TestContext): string {
  return join(folder(t), 'server.sock');
}

async function client(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  await within(once(socket, 'connect'), () => 'a connection');
  return socket;
}

/** Its end, with or without an error: what nobody has read of a client is told to it as a reset. */
function gone(socket: Socket): Promise<void> {
  socket.on('error', () => {}).resume();
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}

for (const [kind, pathOf] of [
  ['a file', socketPath],
  ['an abstract name', () => `\0multithread-server-${process.pid}`],
] as const) {
  test(`clients of ${kind} are served by threads, bytes exact, half-close included`, async (t) => {
    const path = pathOf(t);
    const server = await serve(t, { path, threads: 2 });
    const connections = record(server, 'connection');
    const disconnects = record(server, 'disconnect');
    assert.deepEqual(server.address, { address: path, port: 0, family: 'unix' });
    const sent = Buffer.alloc(2 ** 20, 'all of it. ');
    const echoed = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const socket = await client(path);
        socket.end(sent);
        return within(buffer(socket), () => 'the echo');
      }),
    );
    for (const bytes of echoed) assert.ok(bytes.equals(sent));
    for (const { peer, local } of await connections.first(4)) {
      assert.deepEqual(peer, { address: '', port: 0, family: 'unix' });
      assert.deepEqual(local, { address: path, port: 0, family: 'unix' });
    }
    const ends = await disconnects.first(4);
    assert.deepEqual(new Set(ends.map(({ reason }) => reason)), new Set(['peer-end']));
    assert.deepEqual(new Set(ends.map(({ threadId }) => threadId)).size, 2);
  });
}

test('a path that is taken is an error that names it, and stays', async (t) => {
  const path = socketPath(t);
  await serve(t, { path });
  await assert.rejects(serve(t, { path }), (error: NodeJS.ErrnoException & { address?: string }) => {
    assert.equal(error.code, 'EADDRINUSE');
    assert.equal(error.address, path);
    assert.match(error.message, /^listen EADDRINUSE: address already in use .*server\.sock$/);
    return true;
  });
  const socket = await client(path);
  socket.end('still here');
  assert.equal((await within(buffer(socket), () => 'the echo')).toString(), 'still here');
});

test('the file goes with the server', async (t) => {
  const path = socketPath(t);
  const server = await serve(t, { path });
  assert.ok(existsSync(path));
  await server.close();
  assert.ok(!existsSync(path));
});

test('clients of a thread that dies are let go of, those on their way to it included', async (t) => {
  const path = socketPath(t);
  const server = await serve(t, { path, handler: fixture('spins'), framing: lines() });
  const sockets = await Promise.all(Array.from({ length: 8 }, () => client(path)));
  const closed = Promise.all(sockets.map(gone));
  for (const socket of sockets) socket.end('spin\n');
  await until(
    () => server.stats().connections === sockets.length,
    () => 'all of them',
  );
  await server.close({ timeout: 0 });
  await within(closed, () => 'their ends');
});
