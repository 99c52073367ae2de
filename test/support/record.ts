import { BroadcastChannel } from 'node:worker_threads';
import type { TestContext } from 'node:test';
import type { MultiThreadServer, ServerEvents } from '../../src/index.ts';
import { until } from './wait.ts';

/** What has come so far, in order. */
export class Recording<T> {
  readonly all: T[] = [];
  readonly #of: string;

  constructor(of: string) {
    this.#of = of;
  }

  /** The first so many; waits for them. */
  async first(count: number): Promise<T[]> {
    await until(
      () => this.all.length >= count,
      () => `${count} of ${this.#of}, got ${this.all.length}`,
    );
    return this.all.slice(0, count);
  }

  /** The first; waits for it. */
  async one(): Promise<T> {
    const [first] = await this.first(1);
    return first!;
  }
}

/** Records one of a server's events from now on. */
export function record<K extends keyof ServerEvents>(
  server: MultiThreadServer,
  name: K,
): Recording<ServerEvents[K][0]> {
  const recording = new Recording<ServerEvents[K][0]>(name);
  const listener = (event: ServerEvents[K][0]) => recording.all.push(event);
  server.on(name, listener as never);
  return recording;
}

let channels = 0;

/** What handlers say with `report()` of test/fixtures/report.ts; the name goes to them as the server's `data`. */
export function recordReports(t: TestContext): { channel: string; reports: Recording<unknown> } {
  const name = `test ${process.pid} ${channels++}`;
  const channel = new BroadcastChannel(name);
  const reports = new Recording<unknown>('reports');
  channel.onmessage = (event) => reports.all.push((event as MessageEvent).data);
  t.after(() => channel.close());
  return { channel: name, reports };
}

/** In an order of their own, where the order they came in says nothing. */
export function sorted(values: readonly unknown[]): string[] {
  return values.map(String).toSorted((a, b) => a.localeCompare(b));
}
