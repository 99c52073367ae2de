/** A link over a socket of Node's. */
import type { Socket } from 'node:net';
import { isPeerGone } from '../error-kind.ts';
import type { Link, LinkEvents } from '../transport.ts';
import { handleOf, type OnRead } from './handle.ts';

const READ_BUFFER_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** Where a socket has its link, so that its listeners can be shared: closures would cost each connection memory. */
const owner = Symbol('link');
type OwnedSocket = Socket & { [owner]?: NodeLink };

/**
 * How the sockets of links read: into one buffer for the whole thread, as reads don't interleave and whoever keeps bytes
 * copies them. Node would allocate 64 KiB for each read.
 */
export const onread: OnRead = { buffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES), callback: socketRead };

/** A link over a socket of Node's, with what Node's sockets need to be told. */
export class NodeLink implements Link {
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  readonly #hasReset: boolean;
  bytesWritten = 0;

  /** @param socket one that was made with {@link onread}; or any other, whose 'data' events serve with the same result. */
  constructor(
    socket: Socket,
    events: LinkEvents,
    { isReadByEvents = false, hasReset = true }: { isReadByEvents?: boolean; hasReset?: boolean } = {},
  ) {
    this.#hasReset = hasReset;
    this.#socket = socket;
    this.#events = events;
    (socket as OwnedSocket)[owner] = this;
    if (isReadByEvents) socket.on('data', socketData);
    socket.on('end', socketEnded);
    socket.on('error', socketFailed);
    socket.on('close', socketClosed);
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get unsent(): number {
    return handleOf(this.#socket)?.writeQueueSize ?? 0;
  }

  writeText(text: string, encoding: BufferEncoding): boolean {
    if (this.#socket.destroyed) return false;
    this.bytesWritten += Buffer.byteLength(text, encoding);
    this.#socket.write(text, encoding);
    return this.#isTaken();
  }

  writeBytes(parts: readonly Uint8Array[], length: number): boolean {
    if (this.#socket.destroyed) return false;
    this.bytesWritten += length;
    this.#socket.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts, length));
    return this.#isTaken();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  reset(): void {
    const { writableEnded, writableFinished } = this.#socket;
    // Node can't reset a socket whose FIN is under way: it would never close, nor would its thread ever end. Everything
    // was sent before that FIN.
    if ((writableEnded && !writableFinished) || !this.#hasReset) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Node calls back in a later tick even when the system has taken all at once, as it nearly always does. */
  #isTaken(): boolean {
    const socket = this.#socket;
    if (socket.writableLength > 0) {
      // An empty write is done when all before it is.
      socket.write(NOTHING, (error) => {
        // The socket reports its error and its close by itself.
        if (!error) this.#events.written();
      });
      return false;
    }
    return !socket.errored;
  }

  static events(socket: Socket): LinkEvents {
    return (socket as OwnedSocket)[owner]!.#events;
  }
}

function socketRead(this: unknown, length: number, bytes: Uint8Array): boolean {
  return NodeLink.events(this as Socket).read(bytes as Buffer, 0, length);
}

function socketData(this: Socket, bytes: Buffer): void {
  if (!NodeLink.events(this).read(bytes, 0, bytes.length)) this.pause();
}

function socketEnded(this: Socket): void {
  NodeLink.events(this).peerEnded();
}

function socketFailed(this: Socket, error: NodeJS.ErrnoException): void {
  NodeLink.events(this).linkFailed(isPeerGone(error) ? 'peer-gone' : 'other', error);
}

function socketClosed(this: Socket): void {
  NodeLink.events(this).linkClosed();
}
