import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from './paths.ts';
import type { ServerProcess } from './server-process.ts';

const program = join(build, 'load');
const GRACE = 30_000;
const run = promisify(execFile);

/** Options of the generator; `load` without arguments explains them. */
export interface LoadOptions {
  readonly clients: number;
  readonly inFlight?: number;
  readonly size?: number;
  readonly warmUp?: number;
  readonly seconds?: number;
  readonly interval?: number;
  /**
   * Milliseconds the generator may sleep for when nothing comes. Default 0: a server that is slower than the generator would
   * have to wake it at each message. Where a server needs all cores, it must sleep.
   */
  readonly wait?: number;
}

/** Latencies of messages, in microseconds. */
export interface Latencies {
  readonly messages: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface LoadResult extends Latencies {
  readonly seconds: number;
  /** CPU time of the server's processes over the measured time, in microseconds. */
  readonly serverUser: number;
  readonly serverSystem: number;
  /** Share of a core the generator itself took. */
  readonly loadCpu: number;
}

export interface PingResult {
  readonly all: Latencies;
  /** Clients on the thread that spins. */
  readonly same: Latencies;
  readonly others: Latencies;
}

interface Modes {
  echo: LoadResult;
  lines: LoadResult;
  churn: LoadResult;
  ping: PingResult;
}

/** @throws Error when there was a single error: figures with errors in them compare nothing. */
export async function runLoad<M extends keyof Modes>(
  mode: M,
  server: ServerProcess,
  options: LoadOptions,
): Promise<Modes[M]> {
  const { warmUp = 1, seconds = 3 } = options;
  const timeout = (warmUp + seconds) * 1000 + GRACE;
  const { stdout } = await run(program, [mode, ...loadArguments(server, options)], { timeout });
  const result = JSON.parse(stdout) as Modes[M] & { errors: number };
  if (result.errors > 0) throw new Error(`${result.errors} connections failed or echoed something else`);
  if ('messages' in result && result.messages === 0) throw new Error('no message came back');
  return result;
}

/** Connections that are opened once and then do nothing. */
export class IdleLoad implements Disposable {
  readonly #child: ChildProcess;
  readonly #reports: AsyncIterator<string>;
  readonly #lines: Interface;

  constructor(server: ServerProcess, clients: number) {
    this.#child = spawn(program, ['idle', ...loadArguments(server, { clients })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // When it has failed, its report is missing; that says enough.
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#reports = this.#lines[Symbol.asyncIterator]();
  }

  /** Resolves with the seconds it took to connect them all. */
  opened(): Promise<number> {
    return this.#report();
  }

  /** Sends one message over each; resolves when all are back. */
  echo(): Promise<number> {
    this.#child.stdin!.write('echo\n');
    return this.#report();
  }

  [Symbol.dispose](): void {
    this.#child.stdin!.end('close\n');
    this.#lines.close();
  }

  async #report(): Promise<number> {
    const { done, value } = await this.#reports.next();
    if (done) throw new Error('the idle connections failed');
    return (JSON.parse(value) as { seconds: number }).seconds;
  }
}

function loadArguments({ port, pids }: ServerProcess, options: LoadOptions): string[] {
  const { clients, inFlight, size, warmUp, seconds, interval, wait } = options;
  const given = {
    port,
    pids: pids.join(','),
    clients,
    'in-flight': inFlight,
    size,
    'warm-up': warmUp,
    seconds,
    interval,
    wait,
  };
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}
