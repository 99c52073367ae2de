import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { until, within } from './wait.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A test, or a whole file of them, that tidies up when it is over. */
interface Scope {
  after(tidy: () => void): void;
}

/** How a command ended. */
export interface CommandEnd {
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

/** Where a command runs. */
export interface CommandPlace {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts `multithread-server` from its source. */
export function cli(t: Scope, args: readonly string[], place?: CommandPlace): Command {
  return command(t, process.execPath, [MAIN, ...args], place);
}

/** Starts a command; when the test is over, it and its children are killed. */
export function command(t: Scope, file: string, args: readonly string[], place: CommandPlace = {}): Command {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...place });
  t.after(() => killGroup(child));
  let hasEnded = false;
  const exited = once(child, 'close').finally(() => {
    hasEnded = true;
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
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

/** A folder with these files, for one test. */
export function folder(t: Scope, files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'multithread-server-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

/** A port below those that systems give to clients, so that no other test's client takes it meanwhile. */
export async function unusedPort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(randomInt(20_000, 32_000), '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => {
      server.close(resolve);
    });
    return port;
  }
}

/** Resolves as soon as the port takes clients, or as soon as it doesn't any more. */
export async function untilPort(port: number, state: 'open' | 'closed'): Promise<void> {
  await within(settled(), () => `port ${port} to be ${state}`);

  async function settled(): Promise<void> {
    while ((await isOpen(port)) !== (state === 'open'));
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.resetAndDestroy();
  }
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
