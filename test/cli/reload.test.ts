import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { cli, type Command } from '../support/command.ts';
import { folder, saying } from '../support/folder.ts';
import { untilPort } from '../support/port.ts';
import { Client } from '../support/client.ts';
import { until } from '../support/wait.ts';

interface Running {
  readonly server: Command;
  readonly port: number;
  readonly cwd: string;
  readonly connect: () => Promise<Client>;
  readonly write: (source: string) => void;
  /** The errors printed so far. */
  readonly errors: () => string;
}

async function start(t: TestContext, ...args: string[]): Promise<Running> {
  const cwd = folder(t, { 'handler.mjs': saying('one') });
  const base = ['--port', '0', '--handler', 'handler.mjs', '--framing', 'lines', '--threads', '1'];
  const server = cli(t, [...base, ...args], { cwd });
  let errors = '';
  server.process.stderr!.on('data', (text: string) => {
    errors += text;
  });
  const port = await server.port();
  return {
    server,
    port,
    cwd,
    connect: () => Client.connect({ address: { port } }),
    write: (source) => {
      // At once: a reload must not meet half a file.
      writeFileSync(join(cwd, 'handler.new'), source);
      renameSync(join(cwd, 'handler.new'), join(cwd, 'handler.mjs'));
    },
    errors: () => errors,
  };
}

describe('the command reloads', { concurrency: 2 }, () => {
  test('SIGHUP loads a changed handler; a client that is there keeps the old one', async (t) => {
    const { server, connect, write } = await start(t, '--close-timeout', '60000', '--on-drain', 'wait');
    const old = await connect();
    await old.ask('a\n', 'one a\n');
    write(saying('two'));
    server.process.kill('SIGHUP');
    const printed = await server.lines(4);
    assert.equal(printed[3], '[RELOADED] New threads serve');
    const next = await connect();
    await next.ask('b\n', 'two b\n');
    await old.ask('c\n', 'one c\n');
    for (const client of [old, next]) client.end();
    server.process.kill('SIGTERM');
    const { code, stderr } = await server.end();
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('SIGHUP with a broken handler prints one line, and the old one goes on', async (t) => {
    const { server, connect, write, errors, cwd } = await start(t);
    const old = await connect();
    await old.ask('a\n', 'one a\n');
    write("\nthrow new Error('broken\\nin two lines');\nexport {};");
    server.process.kill('SIGHUP');
    await until(
      () => errors().endsWith('\n'),
      () => 'an error',
    );
    const path = join(cwd, 'handler.mjs');
    assert.match(errors(), /^error: reload: the old threads go on: [^\n]*broken in two lines[^\n]*\n$/);
    assert.ok(errors().includes(path));
    await old.ask('b\n', 'one b\n');
    await (await connect()).ask('c\n', 'one c\n');

    write(saying('two'));
    server.process.kill('SIGHUP');
    assert.equal((await server.lines(5)).at(-1), '[RELOADED] New threads serve');
    await (await connect()).ask('d\n', 'two d\n');
    assert.equal(errors().split('\n').length, 2);
  });

  test('SIGHUP while it starts reloads as soon as it has', async (t) => {
    const slow = 'export const setup = () => new Promise((resolve) => setTimeout(resolve, 300));';
    const cwd = folder(t, { 'handler.mjs': `${saying('one')}\n${slow}` });
    const server = cli(t, ['--port', '0', '--handler', 'handler.mjs', '--threads', '1'], { cwd });
    assert.deepEqual(await server.lines(1), ['[STARTING] Server is starting...']);
    server.process.kill('SIGHUP');
    assert.equal((await server.lines(3)).at(-1), '[RELOADED] New threads serve');
    server.process.kill('SIGTERM');
    const { code, stderr } = await server.end();
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('old clients that are left after --close-timeout end', async (t) => {
    const { server, connect } = await start(t, '--close-timeout', '100');
    const old = await connect();
    await old.ask('a\n', 'one a\n');
    server.process.kill('SIGHUP');
    assert.equal(await old.ending(), 'reset');
    await (await connect()).ask('b\n', 'one b\n');
  });

  test('with --watch a changed file reloads, a broken one does not', async (t) => {
    const { server, connect, write, errors } = await start(t, '--watch', '--close-timeout', '100');
    let reloads = 0;
    server.process.stdout!.on('data', (text: string) => {
      reloads += text.split('[RELOADED]').length - 1;
    });
    await (await connect()).ask('a\n', 'one a\n');
    await change('two');
    write('export default 7;');
    await until(
      () => errors().endsWith('\n'),
      () => 'an error',
    );
    assert.match(errors(), /^error: reload: the old threads go on: [^\n]*default export[^\n]*\n$/);
    await (await connect()).ask('b\n', 'two b\n');
    await change('three');
    server.process.kill('SIGTERM');
    assert.equal((await server.end()).code, 0);

    async function change(word: string): Promise<void> {
      const before = reloads;
      write(saying(word));
      await until(
        () => reloads > before,
        () => 'a reload',
      );
      // One change may reload twice.
      for (;;) {
        const client = await connect();
        client.send('hello\n');
        const answer = await client.readLine();
        client.end();
        if (answer === `${word} hello`) return;
      }
    }
  });

  test('SIGTERM after a reload lets the clients of old and new threads finish', async (t) => {
    const { server, connect, port } = await start(t, '--close-timeout', '60000', '--on-drain', 'wait');
    const old = await connect();
    await old.ask('a\n', 'one a\n');
    server.process.kill('SIGHUP');
    await server.lines(4);
    const next = await connect();
    await next.ask('b\n', 'one b\n');
    server.process.kill('SIGTERM');
    await untilPort(port, 'closed');
    await Promise.all([old.ask('c\n', 'one c\n'), next.ask('d\n', 'one d\n')]);
    for (const client of [old, next]) client.end();
    const { code, stderr } = await server.end();
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('SIGTERM ends live clients of old and new threads when --close-timeout is over', async (t) => {
    const { server, connect } = await start(t, '--close-timeout', '400', '--on-drain', 'wait');
    const old = await connect();
    await old.ask('a\n', 'one a\n');
    server.process.kill('SIGHUP');
    await server.lines(4);
    const next = await connect();
    await next.ask('b\n', 'one b\n');
    server.process.kill('SIGTERM');
    assert.deepEqual([await old.ending(), await next.ending()], ['reset', 'reset']);
    const { code, stderr, stdout } = await server.end();
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(stdout.split('[Client disconnected]').length, 3);
  });

  test('a thread that hangs is named with the function it hangs in', async (t) => {
    const { server, connect, errors, write } = await start(
      t,
      '--stall-timeout',
      '300',
      '--kill-stalled-after',
      '1500',
    );
    write(
      `function spinsForEver(n) { return n === 0 ? 1 : spinsForEver(n - 1) + spinsForEver(n - 1); }
       export default async (connection) => {
         for await (const message of connection) { for (;;) spinsForEver(15); }
       };`,
    );
    server.process.kill('SIGHUP');
    await server.lines(3);
    const client = await connect();
    client.send('hello\n');
    await client.ending();
    await until(
      () => errors().includes('ended: thread-stall'),
      () => 'the end of the thread',
    );
    assert.match(errors(), /^error: thread 2 has stood still for \d+ ms; another takes its place$/m);
    assert.match(errors(), /^error: thread 2 hangs in spinsForEver \(file:.*handler\.mjs:1\)$/m);
    assert.match(errors(), /^error: thread 2 ended: thread-stall$/m);
  });
});
