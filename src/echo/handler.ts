import type { Connection, ThreadContext } from '../connection/handler.ts';

/** Where `main()` listens: 127.0.0.1 and, where the machine has it, ::1. */
export const IP = 'localhost';
/** The port where `main()` listens. */
export const PORT = 56_011;
/** Both together. */
export const ADDR = [IP, PORT] as const;
/** Largest message in bytes, with the default framing: what one read returns. */
export const SIZE = 1024;
/** How text is written in bytes. */
export const FORMAT = 'utf-8';
/** The message that ends a connection. It isn't echoed. */
export const DISCONNECT_MSG = '!DISCONNECT';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const TEXT_ENCODINGS: ReadonlySet<string> = new Set(['utf-8', 'utf-16le', 'latin1', 'ascii']);

/** What `main()` hands to its threads. */
export interface EchoData {
  /** The message that ends a connection. */
  readonly disconnectMessage: string;
}

/**
 * Sends every message back unchanged, until the client ends or sends the disconnect message. Works on frames: whatever
 * the framing and the format, the bytes that come are the bytes that go.
 */
export async function handleClient(connection: Connection): Promise<void> {
  const disconnect = disconnectBytes(connection.thread);
  const isRaw = connection.thread.framing === 'raw';
  const frames = connection.asFrames();
  for await (const frame of frames) {
    if (isDisconnect(frame.message, disconnect, isRaw)) return;
    await frames.send(frame);
  }
}

/** The same under its name in Python. */
export { handleClient as handle_client, handleClient as default };

/** Makes sure, before the first client, that the disconnect message can be sent at all. */
export function setup(thread: ThreadContext): void {
  disconnectBytes(thread);
}

const disconnectBytesOf = new WeakMap<ThreadContext, Buffer>();

/** The disconnect message as the framing delivers it: padded, for example, where messages have a fixed length. */
function disconnectBytes(thread: ThreadContext): Buffer {
  let bytes = disconnectBytesOf.get(thread);
  if (!bytes) {
    const { disconnectMessage = DISCONNECT_MSG } = (thread.data ?? {}) as Partial<EchoData>;
    bytes = thread.frame(encode(disconnectMessage, thread.format)).message;
    disconnectBytesOf.set(thread, bytes);
  }
  return bytes;
}

/** In FORMAT where that says how text is written; else (`binary`, `hex`, `base64`) in UTF-8. */
function encode(text: string, format: string): Buffer {
  if (format === 'json') return Buffer.from(JSON.stringify(text));
  return Buffer.from(text, TEXT_ENCODINGS.has(format) ? (format as BufferEncoding) : 'utf-8');
}

/** A raw message may have one line ending behind it, as `nc` and `telnet` send one. */
function isDisconnect(message: Buffer, disconnect: Buffer, isRaw: boolean): boolean {
  const { length } = disconnect;
  if (message.length === length) return message.equals(disconnect);
  if (!isRaw || message.length < length || message.length > length + 2) return false;
  const isLine =
    message.length === length + 1
      ? message[length] === LINE_FEED
      : message[length] === CARRIAGE_RETURN && message[length + 1] === LINE_FEED;
  return isLine && message.subarray(0, length).equals(disconnect);
}
