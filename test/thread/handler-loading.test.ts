import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { HandlerLoadError, type ListenOptions } from '../../src/index.ts';
import { runningThreads } from '../support/process-state.ts';
import { fixture, start } from '../support/serve.ts';

async function failure(options: ListenOptions): Promise<Error & { code?: string; cause?: unknown }> {
  const before = process.platform === 'linux' ? runningThreads() : 0;
  const error = await start({ threads: 2, ...options }).then(
    async (server) => {
      await server.close({ timeout: 0 });
      return assert.fail('it listens');
    },
    (reason: Error) => reason,
  );
  if (process.platform === 'linux') assert.equal(runningThreads(), before, 'no thread is left');
  return error;
}

const broken: [fixture: string, why: RegExp][] = [
  ['missing', /Cannot find module/],
  ['throws-while-loading', /no database here/],
  ['no-default-export', /default export must be a function or made by defineHandler\(\), got undefined/],
  ['default-export-number', /default export must be a function or made by defineHandler\(\), got number/],
  ['unknown-callback', /"mesage" isn't known/],
  ['setup-rejects', /no database here/],
  ['setup-is-no-function', /"setup" must be a function, got string/],
  ['wrong-framing', /smoke-signals|framing/],
  ['wrong-format', /morse/],
];
for (const [name, why] of broken) {
  test(`listen() rejects for the handler ${name}, and leaves no thread`, async () => {
    const handler = fixture(name);
    const error = await failure({ handler });
    assert.ok(error instanceof HandlerLoadError, String(error));
    assert.equal(error.code, 'ERR_HANDLER_LOAD');
    assert.equal(error.handler, handler.href);
    assert.ok(error.message.includes(handler.href), error.message);
    assert.match(error.message, why);
    assert.match((error.cause as Error).message, why);
  });
}

for (const name of ['never-ready', 'blocks-while-loading']) {
  test(`listen() rejects for the handler ${name} after startTimeout`, async () => {
    const handler = fixture(name);
    const error = await failure({ handler, startTimeout: 400 });
    assert.ok(error instanceof HandlerLoadError, String(error));
    assert.ok(error.message.includes(handler.href), error.message);
    assert.match(error.message, /wasn't ready within 400 ms \(startTimeout\)/);
  });
}

test('listen() rejects when a thread exits while it loads', async () => {
  const error = await failure({ handler: fixture('exits-while-loading') });
  assert.equal(error.code, 'ERR_THREAD_START');
  assert.match(error.message, /exited with code 3/);
});

test('a handler may be named by its path', async () => {
  const server = await start({ handler: 'test/fixtures/upper.ts' });
  await server.close();
});

test('listen() rejects with EADDRINUSE and leaves no thread', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const error = await failure({ port });
  assert.equal(error.code, 'EADDRINUSE');
  assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
});

test('listen() rejects for an address the machine does not have', async () => {
  const error = await failure({ host: '203.0.113.1' });
  assert.equal(error.code, 'EADDRNOTAVAIL');
});
