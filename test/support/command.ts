import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Scope } from './folder.ts';
import { until, within } from './wait.ts';

/** The file that `multithread-server` runs. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** How a command ended. */
interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command, with what it has printed so far. */
export interface Command {
  readonly process: ChildProcess;
  /** The lines printed so far; waits for so many. */
  lines(count: number): Promise<string[]>;
  /** The same of stderr. */
  errors(count: number): Promise<string[]>;
  /** Waits until it says where it listens. */
  port(): Promise<number>;
  /** Its end, which it must find by itself. */
  end(): Promise<CommandEnd>;
}

/** Where a command runs. Its environment is the test's by default, the name of the driver included. */
interface CommandPlace {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts `multithread-server` from its source. */
export function cli(t: Scope, args: readonly string[], place?: CommandPlace): Command {
  return command(t, process.execPath, [MAIN, ...args], place);
}

/** Starts a program of test/fixtures/programs/, with a channel for messages. */
export function program(t: Scope, name: string, ...args: readonly string[]): Command {
  const path = fileURLToPath(new URL(`../fixtures/programs/${name}.ts`, import.meta.url));
  return start(t, process.execPath, [path, ...args], {}, ['ipc']);
}

/** Starts a command; when the test is over, it and its children are killed. */
export function command(t: Scope, file: string, args: readonly string[], place: CommandPlace = {}): Command {
  return start(t, file, args, place, []);
}

function start(
  t: Scope,
  file: string,
  args: readonly string[],
  place: CommandPlace,
  channel: readonly 'ipc'[],
): Command {
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...channel],
    detached: true,
    ...place,
  });
  t.after(() => killGroup(child));
  let hasEnded = false;
  const exited = once(child, 'close').finally(() => {
    hasEnded = true;
  });
  const stdout = collect(child.stdout!);
  const stderr = collect(child.stderr!);
  const shown = (): string => `stdout ${JSON.stringify(stdout())}, stderr ${JSON.stringify(stderr())}`;
  const port = (): number => Number(/^\[LISTENING\] .* port (\d+)$/m.exec(stdout())?.[1]);
  const printed = async (found: () => boolean, what: string): Promise<void> => {
    await until(
      () => found() || hasEnded,
      () => `${what}: ${shown()}`,
    );
    assert.ok(found(), `it ended before ${what}: ${shown()}`);
  };
  return {
    process: child,
    async lines(count) {
      await printed(() => linesOf(stdout()).length >= count, `${count} lines`);
      return linesOf(stdout());
    },
    async errors(count) {
      await printed(() => linesOf(stderr()).length >= count, `${count} errors`);
      return linesOf(stderr());
    },
    async port() {
      await printed(() => port() > 0, 'it listened');
      return port();
    },
    async end() {
      const [code, signal] = await within(exited, () => `its end: ${shown()}`);
      return { code, signal, stdout: stdout(), stderr: stderr() };
    },
  };
}

function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf-8').on('data', (piece: string) => {
    text += piece;
  });
  return () => text;
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}
