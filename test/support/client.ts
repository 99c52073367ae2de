import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { within } from './wait.ts';

/** Where to connect: a server, or an address of it. */
interface Target {
  readonly address?: { readonly port: number } | undefined;
}

/** A TCP client whose every wait is bounded. It reads all the time unless its socket is paused. */
export class Client {
  readonly socket: Socket;
  readonly #ending: Promise<'end' | 'reset'>;
  #port: number | undefined;
  #chunks: Buffer[] = [];
  #length = 0;
  #hasEnded = false;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    let isReset = false;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake();
    });
    socket.on('error', () => {
      isReset = true;
    });
    const closed = Promise.withResolvers<'end' | 'reset'>();
    this.#ending = closed.promise;
    socket.on('connect', () => {
      this.#port = socket.localPort;
    });
    socket.on('end', () => this.#end());
    socket.on('close', () => {
      this.#end();
      closed.resolve(isReset ? 'reset' : 'end');
    });
  }

  /**
   * A server may reset a client before the client sees that it is connected: that is a connection that was reset.
   * @param options.allowHalfOpen keep the client's side open when the server has shut down its own.
   */
  static async connect(
    { address }: Target,
    { host = '127.0.0.1', allowHalfOpen = false }: { host?: string; allowHalfOpen?: boolean } = {},
  ): Promise<Client> {
    assert.ok(address, 'the server listens');
    const socket = connect({ host, port: address.port, allowHalfOpen, noDelay: true });
    const client = new Client(socket);
    try {
      await within(once(socket, 'connect'), () => `a connection to port ${address.port}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    }
    return client;
  }

  /** The client's own port, by which the server knows it. */
  get port(): number {
    assert.ok(this.#port !== undefined, 'the client was connected');
    return this.#port;
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Shuts down the client's side. */
  end(bytes?: string | Uint8Array): void {
    if (bytes === undefined) this.socket.end();
    else this.socket.end(bytes);
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Exactly so many bytes. */
  async read(length: number): Promise<Buffer> {
    while (this.#length < length && !this.#hasEnded) await this.#wait(`${length} bytes`);
    assert.ok(this.#length >= length, `the connection ended after ${this.#length} of ${length} bytes`);
    return this.#take(length);
  }

  /** The text up to and without the next line feed. */
  async readLine(): Promise<string> {
    for (;;) {
      const end = this.#all().indexOf('\n');
      if (end !== -1) return this.#take(end + 1).toString('utf-8', 0, end);
      assert.ok(!this.#hasEnded, 'the connection ended before the end of a line');
      await this.#wait('a line');
    }
  }

  /** Everything up to the server's FIN. */
  async readAll(): Promise<Buffer> {
    assert.equal(await this.ending(), 'end');
    return this.#take(this.#length);
  }

  /** Fails unless the next bytes are this text. */
  async expect(expected: string): Promise<void> {
    assert.equal((await this.read(Buffer.byteLength(expected))).toString(), expected);
  }

  /** Sends a text and expects an answer, by default the same text. */
  async ask(question: string, answer = question): Promise<void> {
    this.send(question);
    await this.expect(answer);
  }

  /** The server has shut down its side. */
  async fin(): Promise<void> {
    while (!this.#hasEnded) await this.#wait("the server's FIN");
  }

  /** How the connection ended: with FIN on both sides, or with a reset. */
  ending(): Promise<'end' | 'reset'> {
    return within(this.#ending, () => `the end of the client's connection`);
  }

  #wait(what: string): Promise<void> {
    return within(this.#changed.promise, () => `${what}; ${this.#length} bytes came`);
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  #all(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #take(length: number): Buffer {
    const all = this.#all();
    this.#chunks = [all.subarray(length)];
    this.#length -= length;
    return all.subarray(0, length);
  }
}
