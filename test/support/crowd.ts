import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { MultiThreadServer } from '../../src/index.ts';
import { until, within } from './wait.ts';

const LINES_AT_ONCE = 3;
/** Between two round trips, so that a crowd doesn't need the whole machine. */
const PAUSE_MS = 20;

/** One well-behaved client: asks, takes the answer byte by byte, asks again. */
class Echoer {
  readonly port: number;
  rounds = 0;
  hasEnded = false;
  /** What came instead of what was due. */
  fault: string | undefined;
  readonly #socket: Socket;
  #due = '';
  #isAsking = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.localPort!;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('error', () => {});
    socket.on('end', () => {
      this.hasEnded = true;
    });
    socket.on('close', () => {
      this.hasEnded = true;
    });
  }

  get isIdle(): boolean {
    return this.#due === '';
  }

  start(): void {
    this.#isAsking = true;
    this.#ask();
  }

  stop(): void {
    this.#isAsking = false;
  }

  end(): void {
    this.stop();
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #ask(): void {
    if (!this.#isAsking || this.hasEnded || !this.isIdle) return;
    this.#due = Array.from(
      { length: LINES_AT_ONCE },
      (_, line) => `${this.port} ${this.rounds} ${line}\n`,
    ).join('');
    this.#socket.write(this.#due);
  }

  #take(text: string): void {
    if (!this.#due.startsWith(text)) {
      this.fault ??= `got ${JSON.stringify(text)} when ${JSON.stringify(this.#due)} was due`;
      return;
    }
    this.#due = this.#due.slice(text.length);
    if (!this.isIdle) return;
    this.rounds++;
    setTimeout(() => this.#ask(), PAUSE_MS);
  }
}

/**
 * Well-behaved clients that echo all the time, each its own numbered lines: whatever is lost, doubled or changes places
 * is noticed. Needs a server that echoes lines.
 */
export class Crowd {
  readonly #echoers: readonly Echoer[];
  readonly #server: MultiThreadServer;

  private constructor(server: MultiThreadServer, echoers: readonly Echoer[]) {
    this.#server = server;
    this.#echoers = echoers;
  }

  /** Connects so many clients; resolves when a thread has each of them. */
  static async connect(server: MultiThreadServer, count: number): Promise<Crowd> {
    const { address } = server;
    assert.ok(address, 'the server listens');
    const echoers = await Promise.all(
      Array.from({ length: count }, async () => {
        const socket = connect({ port: address.port, host: '127.0.0.1', noDelay: true });
        await within(once(socket, 'connect'), () => 'a connection of the crowd');
        return new Echoer(socket);
      }),
    );
    const crowd = new Crowd(server, echoers);
    await until(
      () => [...crowd.#threads().values()].every((threadId) => threadId !== undefined),
      () => 'threads for the crowd',
    );
    return crowd;
  }

  get size(): number {
    return this.#echoers.length;
  }

  get ports(): number[] {
    return this.#echoers.map(({ port }) => port);
  }

  /** Those of one thread. */
  on(threadId: number): Crowd {
    return this.#those((id) => id === threadId);
  }

  /** Those of all other threads. */
  apartFrom(threadId: number): Crowd {
    return this.#those((id) => id !== threadId);
  }

  start(): void {
    for (const echoer of this.#echoers) echoer.start();
  }

  /** Each client goes through a whole round trip that begins after this call. */
  async goesOn(): Promise<void> {
    // The round trip under way may have begun before.
    const goals = this.#echoers.map(({ rounds }) => rounds + 2);
    await until(
      () => {
        this.#assertWell();
        return this.#echoers.every(({ rounds }, index) => rounds >= goals[index]!);
      },
      () =>
        `round trips of ${this.#echoers.filter(({ rounds }, index) => rounds < goals[index]!).length} clients`,
    );
  }

  /** No more questions; every answer must have come. */
  async stop(): Promise<void> {
    for (const echoer of this.#echoers) echoer.stop();
    await until(
      () => {
        this.#assertWell();
        return this.#echoers.every(({ isIdle }) => isIdle);
      },
      () => `the last answers of ${this.#echoers.filter(({ isIdle }) => !isIdle).length} clients`,
    );
  }

  /** All of them say goodbye; resolves when each has seen the end. */
  async leave(): Promise<void> {
    await this.stop();
    for (const echoer of this.#echoers) echoer.end();
    await this.ended();
  }

  /** Every client has seen the end of its connection, and not one wrong byte before. */
  async ended(): Promise<void> {
    await until(
      () => this.#echoers.every(({ hasEnded }) => hasEnded),
      () => `the end of ${this.#echoers.filter(({ hasEnded }) => !hasEnded).length} connections`,
    );
    assert.deepEqual(this.#faults(), []);
  }

  #assertWell(): void {
    assert.deepEqual(this.#faults(), []);
    assert.equal(
      this.#echoers.filter(({ hasEnded }) => hasEnded).length,
      0,
      'clients whose connection ended',
    );
  }

  #faults(): string[] {
    return this.#echoers.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
  }

  #threads(): Map<number, number | undefined> {
    const threads = new Map(this.#server.connections.map(({ peer, threadId }) => [peer.port, threadId]));
    return new Map(this.#echoers.map(({ port }) => [port, threads.get(port)]));
  }

  #those(has: (threadId: number | undefined) => boolean): Crowd {
    const threads = this.#threads();
    return new Crowd(
      this.#server,
      this.#echoers.filter(({ port }) => has(threads.get(port))),
    );
  }
}
