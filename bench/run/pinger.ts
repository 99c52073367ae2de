import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const MESSAGE_BYTES = 64;
const INTERVAL_MS = 50;
/** An echo that is out for longer at the end is taken for lost. */
const STUCK_MS = 1000;

/** A client that pings at a low rate and remembers its worst echo. */
export class Pinger {
  /** The thread or process that serves it, by the server's own word. */
  readonly thread: string;
  readonly #socket: Socket;
  #sentAt: number | undefined;
  #received = 0;
  #worst = 0;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, thread: string) {
    this.#socket = socket;
    this.thread = thread;
    socket.on('data', (bytes: Buffer) => this.#echoed(bytes.length));
  }

  static async connect(port: number): Promise<Pinger> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    socket.write('W'.padEnd(MESSAGE_BYTES));
    const [reply] = (await once(socket, 'data')) as [Buffer];
    const pinger = new Pinger(socket, reply.toString().trim());
    socket.on('error', () => {});
    socket.on('close', () => (pinger.#isClosed = true));
    return pinger;
  }

  send(text: string): void {
    this.#socket.write(text.padEnd(MESSAGE_BYTES));
  }

  start(): void {
    this.#ping();
  }

  /** Its worst echo in milliseconds, one that is still out included. */
  stop(): { worst: number; isLost: boolean } {
    clearTimeout(this.#timer);
    const isOut = !this.#isClosed && this.#sentAt !== undefined;
    const waited = isOut ? performance.now() - this.#sentAt! : 0;
    const isLost = this.#isClosed || waited > STUCK_MS;
    this.#socket.destroy();
    return { worst: Math.max(this.#worst, waited), isLost };
  }

  #ping(): void {
    if (this.#isClosed) return;
    this.#sentAt = performance.now();
    this.send('ping');
  }

  #echoed(bytes: number): void {
    this.#received += bytes;
    if (this.#received < MESSAGE_BYTES || this.#sentAt === undefined) return;
    this.#received = 0;
    this.#worst = Math.max(this.#worst, performance.now() - this.#sentAt);
    this.#sentAt = undefined;
    this.#timer = setTimeout(() => this.#ping(), INTERVAL_MS);
  }
}
