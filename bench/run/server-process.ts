import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { processTree } from './process-tree.ts';
import type { Variant } from './peers.ts';

const START_TIMEOUT = 30_000;
const STOP_TIMEOUT = 5000;
// A server of 10,000 clients needs as many descriptors; the soft limit is often 1,024.
const WITH_ALL_DESCRIPTORS = 'ulimit -n "$(ulimit -Hn)"; exec "$@"';

// None may outlive the suite, however that ends.
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const { pid } of running) if (pid !== undefined) processTree(pid).forEach(kill);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** A peer that runs and listens. */
export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  /** The process and its descendants, as they were when it began to listen. */
  readonly pids: readonly number[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.pids = processTree(child.pid!);
  }

  /** @throws Error with what the peer wrote on stderr, when it doesn't come to listen. */
  static async start({ peer, mode, threads }: Variant): Promise<ServerProcess> {
    const command = [...peer.command, '0', mode, String(threads)];
    const child = spawn('sh', ['-c', WITH_ALL_DESCRIPTORS, 'sh', ...command], {
      env: { ...process.env, ...peer.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    let errors = '';
    child.stderr.on('data', (text) => (errors = (errors + String(text)).slice(-2000)));
    const port = await listeningPort(child);
    if (port !== undefined) return new ServerProcess(child, port);
    child.kill('SIGKILL');
    throw new Error(`${peer.name} doesn't listen: ${errors.trim() || 'no output'}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    // Also those that came later; one that hangs outlives its parent.
    const pids = new Set([...this.pids, ...processTree(child.pid!)]);
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
      await exited;
      clearTimeout(timer);
    }
    pids.forEach(kill);
  }
}

async function listeningPort(child: ChildProcess): Promise<number | undefined> {
  const lines = createInterface({ input: child.stdout! });
  const timer = setTimeout(() => lines.close(), START_TIMEOUT);
  try {
    for await (const line of lines) {
      const port = /^listening (\d+)$/.exec(line)?.[1];
      if (port !== undefined) return Number(port);
    }
    return undefined;
  } finally {
    clearTimeout(timer);
    // What it writes later must not fill the pipe.
    child.stdout!.resume();
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
