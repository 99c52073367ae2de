import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { Client } from '../support/client.ts';
import { command, type Command } from '../support/command.ts';
import { folder } from '../support/folder.ts';
import { unusedPort, untilPort } from '../support/port.ts';
import { install, ROOT } from '../support/installed.ts';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const PAGES = globSync(['README.md', 'docs/*.md', 'examples/*.md', 'CONTRIBUTING.md'], { cwd: ROOT });
const textOf = new Map(PAGES.map((page) => [page, readFileSync(join(ROOT, page), 'utf-8')]));

/** The files that a page shows, by their names. */
function shown(page: string): Map<string, string> {
  const blocks = [...textOf.get(page)!.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block!);
  return new Map(
    blocks.map((block) => {
      const name = /^\/\/ ([\w-]+\.ts)\b/.exec(block)?.[1];
      assert.ok(name, `${page}: a block of code begins with its file's name: ${block.slice(0, 60)}`);
      return [name, block];
    }),
  );
}

describe('what is written of the package', { concurrency: 2 }, () => {
  const home = folder({ after });
  let project = '';

  before(() => {
    project = install(home, {});
    cpSync(join(ROOT, 'examples'), join(project, 'examples'), { recursive: true });
    for (const page of PAGES) {
      for (const [name, text] of shown(page)) write(join(page.replace('.md', ''), name), text);
    }
  });

  function write(name: string, text: string): void {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  }

  /** The example in a folder of its own, with another handler perhaps. */
  async function startFirst(
    t: TestContext,
    { wrap = [], handler }: { wrap?: readonly string[]; handler?: string } = {},
  ): Promise<{ running: Command; port: number }> {
    const port = await unusedPort();
    const name = `first-${port}`;
    const files = shown('README.md');
    write(join(name, 'server.ts'), files.get('server.ts')!.replace('port: 7000', `port: ${port}`));
    write(join(name, 'handler.ts'), handler ?? files.get('handler.ts')!);
    const [file, ...args] = [...wrap, process.execPath, 'server.ts'];
    const running = command(t, file, args, { cwd: join(project, name) });
    await untilPort(port, 'open');
    return { running, port };
  }

  test('links lead to files that are there', () => {
    const links = PAGES.flatMap((page) =>
      [...textOf.get(page)!.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(
        ([, to]) => [page, to!] as const,
      ),
    );
    assert.ok(links.length > 20);
    const broken = links.filter(([page, to]) => !existsSync(join(ROOT, dirname(page), to)));
    assert.deepEqual(broken, []);
  });

  test('all of it type-checks with what `tsc --init` writes', () => {
    execFileSync(process.execPath, [TSC, '--init'], { cwd: project, stdio: 'ignore' });
    const { stdout, status } = spawnSync(process.execPath, [TSC, '--noEmit', '--listFiles'], {
      cwd: project,
      encoding: 'utf-8',
    });
    const [files, errors] = [stdout.split('\n'), stdout.match(/^.*error TS.*$/gm)];
    assert.deepEqual({ errors, status }, { errors: null, status: 0 });
    for (const name of [
      'README/server.ts',
      'README/handler.ts',
      'docs/handlers/callbacks.ts',
      'examples/chat/handler.ts',
    ]) {
      assert.ok(files.includes(join(project, name)), name);
    }
  });

  describe("README's first example", { concurrency: 2 }, () => {
    test('it serves, and ends at SIGTERM when the client has', async (t) => {
      const { running, port } = await startFirst(t);
      const client = await Client.connect({ address: { port } });
      await client.ask('hello\r\n', 'HELLO\n');
      running.process.kill('SIGTERM');
      await untilPort(port, 'closed');
      client.end();
      assert.equal(await client.ending(), 'end');
      const { code, stderr } = await running.end();
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    });

    test("a handler's error is seen", async (t) => {
      const handler = `export default () => { throw new Error('no luck today'); };`;
      const { running, port } = await startFirst(t, { handler });
      const client = await Client.connect({ address: { port } });
      assert.equal(await client.ending(), 'reset');
      running.process.kill('SIGINT');
      const { code, stderr } = await running.end();
      assert.equal(code, 0);
      assert.match(stderr, /Error: no luck today\n +at .*handler\.ts:1/);
    });

    const wrap = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child'];
    const canBeFirst = spawnSync(wrap[0]!, [...wrap.slice(1), 'true']).status === 0;
    const skip = canBeFirst ? false : 'no process of its own namespace here';
    test('as the first process of a container it ends at SIGTERM', { skip }, async (t) => {
      const { running } = await startFirst(t, { wrap });
      const { pid } = running.process;
      process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf-8')), 'SIGTERM');
      const { code, stderr } = await running.end();
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    });
  });
});
