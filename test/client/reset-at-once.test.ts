import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { connect } from '../../src/index.ts';
import { within } from '../support/wait.ts';

const CONNECTED = 1;
const RESET = 2;

/** Resets the one who connects as soon as it is connected, in a thread of its own. */
const RESETTING = `
  const { createServer } = require('node:net');
  const { parentPort, workerData: { state, host } } = require('node:worker_threads');
  const server = createServer((socket) => {
    Atomics.wait(state, 0, 0);
    socket.resetAndDestroy();
    socket.on('close', () => {
      Atomics.store(state, 0, ${RESET});
      Atomics.notify(state, 0);
    });
  });
  server.listen(0, host, () => parentPort.postMessage(server.address().port));
`;

/** A server that has reset its client when that has just heard that it is connected. */
async function resettingServer(t: TestContext, host: string): Promise<number> {
  const state = new Int32Array(new SharedArrayBuffer(4));
  // On io_uring a client knows its ends in the very call that connects it: there is no between to stand still in.
  if (process.env['MULTITHREAD_SERVER_TRANSPORT'] === 'io-uring') state[0] = CONNECTED;
  const worker = new Worker(RESETTING, { eval: true, execArgv: [], workerData: { state, host } });
  t.after(() => worker.terminate());
  const opened = (message: unknown): void => {
    // Before the driver's own listener this thread stands still until the connection is gone.
    (message as { socket: Socket }).socket.prependListener('connect', () => {
      Atomics.store(state, 0, CONNECTED);
      Atomics.notify(state, 0);
      Atomics.wait(state, 0, CONNECTED);
    });
  };
  subscribe('net.client.socket', opened);
  t.after(() => unsubscribe('net.client.socket', opened));
  const [port] = (await once(worker, 'message')) as [number];
  return port;
}

for (const [host, address] of [
  ['127.0.0.1', '127.0.0.1'],
  ['localhost', '127.0.0.1'],
] as const) {
  test(`connect() to a server that resets at once has the address that was dialed: ${host}`, async (t) => {
    const port = await resettingServer(t, address);
    const client = await connect({ host, port });
    assert.deepEqual(client.peer, { address, port, family: 'IPv4' });
    assert.equal(client.local.address, '127.0.0.1');
    assert.equal(await within(client.closed, () => 'the end'), 'peer-reset');
    await assert.rejects(client.receive(), { name: 'ConnectionError', reason: 'peer-reset' });
  });
}
