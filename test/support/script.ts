import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { until, within } from './wait.ts';

/** How a script ended. */
export interface ScriptEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program of test/fixtures/programs/, with what it has printed so far. */
export interface Script {
  readonly process: ChildProcess;
  /** The first lines it prints; waits for so many. */
  lines(count: number): Promise<string[]>;
  /** Its end, which it must find by itself. */
  readonly end: () => Promise<ScriptEnd>;
}

/** Runs a program of test/fixtures/programs/ in a process of its own; killed when the test is over. */
export function run(t: TestContext, name: string, ...args: string[]): Script {
  const path = new URL(`../fixtures/programs/${name}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const stderr = text(child.stderr!);
  let stdout = '';
  child.stdout!.setEncoding('utf-8').on('data', (piece: string) => {
    stdout += piece;
  });
  const printed = once(child.stdout!, 'close');
  return {
    process: child,
    async lines(count) {
      await until(
        () => stdout.split('\n').length > count,
        () => `${count} lines of ${name}, got ${JSON.stringify(stdout)}`,
      );
      return stdout.split('\n').slice(0, count);
    },
    async end() {
      const [code, signal] = await within(exited, () => `the end of ${name}`);
      await printed;
      return { code, signal, stdout, stderr: await stderr };
    },
  };
}
