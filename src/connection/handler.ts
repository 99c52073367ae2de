/** What a handler is, and what it sees: a connection, its thread. */
import type { FormatDescriptor, FormatName, MessageOf } from '../format/descriptor.ts';
import type { Framing } from '../framing/framing.ts';
import type { FramingDescriptor } from '../framing/resolve.ts';
import type { CloseReason } from '../base/close-reason.ts';
import type { Endpoint } from '../base/endpoint.ts';
import type { MessageError } from '../base/errors.ts';
import type { OnDrain } from '../options/public.ts';

export type { OnDrain } from '../options/public.ts';

/** One message with its framing, exactly as it stood on the wire; see {@link Connection.asFrames}. */
export interface Frame {
  /** The bytes on the wire: the message with its delimiter or length field. */
  readonly bytes: Buffer;
  /** The message alone: a view of `bytes`. */
  readonly message: Buffer;
}

/** The thread a handler runs in. */
export interface ThreadContext {
  /** Unique in its server; a replacement gets a new one. */
  readonly id: number;
  /** The server's `data` option, copied to the thread. */
  readonly data: unknown;
  /** The name of the framing in force. */
  readonly framing: string;
  /** The name of the format in force. */
  readonly format: string;
  /**
   * Frames the bytes of a message as `send` would.
   * @throws MessageError when they can't be framed.
   */
  frame(message: Uint8Array): Frame;
}

/**
 * One client, as its handler sees it. `M` follows from the format: string, Buffer, or a JSON value.
 *
 * When a connection has ended, its methods reject with a ConnectionError. That is nobody's fault: a handler may let it pass, or
 * leave a promise alone that is rejected with it, of its own connection or of another client's; the thread goes on, and so does
 * every other connection. The same holds for `signal`'s AbortError.
 */
export interface Connection<M = string> extends AsyncIterable<M> {
  /** Unique in its server. */
  readonly id: number;
  /** The client. */
  readonly peer: Endpoint;
  /** Where it connected to. */
  readonly local: Endpoint;
  /** The thread that serves the connection; its `data` is the server's `data` option. */
  readonly thread: ThreadContext;
  /** Aborted, with an AbortError, when the connection ends or the server begins to drain. */
  readonly signal: AbortSignal;
  /** The handler's own; the server doesn't touch it. */
  context: unknown;
  /** Bytes of the client so far. */
  readonly bytesRead: number;
  /** Bytes written to the client so far. */
  readonly bytesWritten: number;
  /**
   * The next message; undefined, which no message can be, when none will come: the client has shut down its side, or the server
   * closes and all that had come was received (see `onDrain`).
   * @throws ConnectionError when the connection ended otherwise. MessageError when the client's bytes are no message.
   */
  receive(): Promise<M | undefined>;
  /**
   * Sends one message. Resolves at once while less than `highWaterMark` bytes are due to the client, else when
   * they are gone. A Buffer may be changed when the promise has resolved: up to 16 KiB are copied, of more the promise waits
   * until the system has taken them.
   * @throws ConnectionError when the connection has ended. MessageError when the message can't be framed.
   */
  send(message: M | Frame): Promise<void>;
  /** Sends what is pending, then FIN. Messages of the client still arrive. */
  end(): void;
  /** Resets the connection at once; close reason `handler-destroy`, with `detail` in the `disconnect` event. */
  destroy(detail?: string): void;
  /**
   * The same connection with whole frames for messages: bytes pass unchanged, nothing is decoded.
   * @throws Error after the first message.
   */
  asFrames(): Connection<Frame>;
}

/** The connection of a format: `ConnectionOf<typeof format>` beside `export const format = json<Order>()`. */
export type ConnectionOf<F extends FormatName | FormatDescriptor> = Connection<MessageOf<F>>;

/** Straight-line handler: runs for the connection's life; returning closes the connection. */
// oxlint-disable-next-line typescript/no-explicit-any -- a handler may ask for any message type its format gives
export type HandlerFunction<M = any> = (connection: Connection<M>) => unknown;

/** A handler as callbacks, for the hottest paths. A promise from `message` holds back the next message. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export interface HandlerCallbacks<M = any> {
  /** A client has come; its messages wait until this has settled. */
  open?(connection: Connection<M>): unknown;
  /** A message has come; a promise holds back the next one. */
  message?(connection: Connection<M>, message: M): unknown;
  /**
   * The client's bytes are no message, so that none follows. The connection ends when this is done; until then it may be sent to.
   */
  error?(connection: Connection<M>, error: MessageError): unknown;
  /**
   * The server begins to drain: a chance to say goodbye. The connection goes on until it is ended, or until `closeTimeout`;
   * without this callback the server ends it when it closes, see `onDrain`. Called once.
   */
  drain?(connection: Connection<M>): unknown;
  /** The connection has ended; the last callback. */
  close?(connection: Connection<M>, reason: CloseReason): unknown;
}

/** What callbacks bring with them; options of `listen()` win over it. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export interface HandlerProtocol<F extends FormatName | FormatDescriptor = any> {
  /** How bytes become messages. */
  readonly framing?: FramingDescriptor | Framing;
  /** How a message's bytes become a value. */
  readonly format?: F;
  /** What becomes of them when the server closes, unless there is a `drain` callback; see {@link HandlerModule.onDrain}. */
  readonly onDrain?: OnDrain;
}

/** What a handler module exports as default. */
export type Handler = HandlerFunction | (HandlerCallbacks & HandlerProtocol);

/** What a handler module exports. */
export interface HandlerModule {
  /** The handler. */
  readonly default: Handler;
  /** Fixes the module's framing, unless the server's options say otherwise. */
  readonly framing?: FramingDescriptor | Framing;
  /** Fixes the module's format, unless the server's options say otherwise. */
  readonly format?: FormatName | FormatDescriptor;
  /**
   * What becomes of a handler that waits for a message when the server closes: `'end'` ends the wait when it has had all that
   * came, `'wait'` lets it wait for more until `closeTimeout`. The server's option wins. Default `'end'`.
   */
  readonly onDrain?: OnDrain;
  /** Runs once in each thread before it takes connections. */
  setup?(thread: ThreadContext): unknown;
  /** Runs once in each thread after its last connection. */
  teardown?(thread: ThreadContext): unknown;
}

/** The names of a handler's callbacks, and of what it says of its connections. */
export const CALLBACKS: ReadonlySet<string> = new Set(['open', 'message', 'error', 'drain', 'close']);
export const PROTOCOL: ReadonlySet<string> = new Set(['framing', 'format', 'onDrain']);

/**
 * Types and checks a handler made of callbacks. With a `format`, the type of its messages follows from that.
 * @throws TypeError for a key that isn't known, or a callback that isn't a function.
 */
export function defineHandler<const F extends FormatName | FormatDescriptor>(
  handler: HandlerCallbacks<MessageOf<F>> & HandlerProtocol<F> & { readonly format: F },
): HandlerCallbacks<MessageOf<F>> & HandlerProtocol<F>;
export function defineHandler<M = string>(
  handler: HandlerCallbacks<M> & Omit<HandlerProtocol, 'format'>,
): HandlerCallbacks<M> & HandlerProtocol;
export function defineHandler<M>(
  handler: HandlerCallbacks<M> & HandlerProtocol,
): HandlerCallbacks<M> & HandlerProtocol {
  for (const [key, value] of Object.entries(handler)) {
    if (PROTOCOL.has(key)) continue;
    if (!CALLBACKS.has(key)) {
      throw new TypeError(
        `handler callback "${key}" isn't known: expected ${[...CALLBACKS, ...PROTOCOL].join(', ')}`,
      );
    }
    if (typeof value !== 'function') throw new TypeError(`handler callback "${key}" must be a function`);
  }
  return handler;
}
