import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Command, InvalidArgumentError } from 'commander';
import { connect, type ClientConnection } from '../client/connect.ts';
import type { FormatName } from '../format/descriptor.ts';
import type { CloseReason } from '../base/close-reason.ts';
import { MessageError } from '../base/errors.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import type { Connection, Frame } from '../connection/handler.ts';
import { connectEntries } from '../options/connect-options.ts';
import type { ConnectOptions } from '../options/public.ts';
import { addFlags } from './flags.ts';

interface Address {
  readonly host?: string;
  readonly port: number;
}

/** A terminal: what comes is printed above the line that is being typed. */
const PROMPT = '> ';
const LINE_FEED = Buffer.from('\n');
/** Both sides ended, or this side gave up: by Ctrl-C, or as nobody reads its output any more. */
const FINE: ReadonlySet<CloseReason> = new Set(['peer-end', 'handler-end', 'handler-destroy']);

/** Adds `connect`, an interactive client: each line typed is a message, each message that comes is printed. */
export function addConnect(program: Command): void {
  const command = program
    .command('connect')
    .description('talk to a server: each line is sent as a message, each message that comes is printed')
    .argument('<address>', '[host:]port', parseAddress)
    .action(talk);
  const { host: _host, port: _port, ...entries } = connectEntries;
  addFlags(command, entries);
}

async function talk(
  address: Address,
  flags: Omit<ConnectOptions<FormatName>, 'host' | 'port'>,
): Promise<void> {
  const connection: ClientConnection<unknown> = await connect<FormatName>({ ...address, ...flags });
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const screen = isTerminal ? terminalScreen(connection) : pipeScreen(connection);
  const [reason] = await Promise.all([connection.closed, screen.print()]);
  screen.close();
  if (!FINE.has(reason)) {
    process.stderr.write(`error: the connection ended: ${reason}\n`);
    process.exitCode = 1;
  }
}

interface Screen {
  /** Prints messages until there are no more. */
  print(): Promise<void>;
  close(): void;
}

/** With input or output elsewhere than in a terminal. */
function pipeScreen(connection: ClientConnection<unknown>): Screen {
  const { stdin, stdout } = process;
  const close = (): void => void stdin.destroy();
  stdout.on('error', () => connection.destroy());
  if (connection.thread.framing === 'raw') {
    // No message means anything here: bytes pass as they are.
    const frames = connection.asFrames();
    void sendBytes(frames, stdin);
    return { print: () => printMessages(frames, ({ bytes }) => write(stdout, bytes)), close };
  }
  void sendLines(connection, createInterface({ input: stdin, crlfDelay: Infinity }));
  return {
    print: () =>
      printMessages(connection, (message) => write(stdout, toLine(message, connection.thread.format))),
    close,
  };
}

function terminalScreen(connection: ClientConnection<unknown>): Screen {
  const { stdin: input, stdout: output } = process;
  const lines = createInterface({
    input,
    output,
    prompt: PROMPT,
    historySize: 1000,
    removeHistoryDuplicates: true,
  });
  output.write(`Connected to ${formatEndpoint(connection.peer)}. Ctrl-D ends, Ctrl-C gives up.\n`);
  let isOpen = true;
  lines.on('SIGINT', () => connection.destroy());
  lines.on('close', () => {
    isOpen = false;
  });
  // After Ctrl-D nothing is typed any more, but answers still come.
  const prompt = (preserveCursor: boolean): void => {
    if (isOpen) lines.prompt(preserveCursor);
  };
  prompt(false);
  void sendLines(connection, lines, () => prompt(false));
  return {
    print: () =>
      printMessages(connection, async (message) => {
        output.write(`\r\u001B[K${toText(message, connection.thread.format).replace(/\r?\n$/, '')}\n`);
        prompt(true);
      }),
    close() {
      lines.close();
      output.write('\r\u001B[KConnection closed.\n');
    },
  };
}

async function printMessages<M>(
  connection: Connection<M>,
  print: (message: M) => Promise<void>,
): Promise<void> {
  try {
    for await (const message of connection) await print(message);
    connection.end();
  } catch (error) {
    // The close reason tells of a connection that was cut off.
    if (error instanceof MessageError) process.stderr.write(`error: ${error.message}\n`);
    connection.destroy();
  }
}

/** @param sent called when a line was sent, or refused. */
async function sendLines(
  connection: ClientConnection<unknown>,
  lines: Interface,
  sent?: () => void,
): Promise<void> {
  const isRaw = connection.thread.framing === 'raw';
  for await (const line of lines) {
    try {
      // A raw peer knows no messages; like nc, send the line ending that was typed.
      await connection.send(fromText(isRaw ? `${line}\n` : line, connection.thread.format));
    } catch (error) {
      if (!(error instanceof MessageError)) return;
      process.stderr.write(`error: ${error.message}\n`);
    }
    sent?.();
  }
  connection.end();
}

async function sendBytes(frames: Connection<Frame>, input: Readable): Promise<void> {
  try {
    for await (const bytes of input as AsyncIterable<Buffer>) await frames.send({ bytes, message: bytes });
    frames.end();
  } catch {
    // The connection has ended before its input: its close reason tells why.
  }
}

/** Byte for byte, where a message is bytes. */
function toLine(message: unknown, format: string): string | Uint8Array {
  return Buffer.isBuffer(message) ? Buffer.concat([message, LINE_FEED]) : `${toText(message, format)}\n`;
}

function toText(message: unknown, format: string): string {
  return format === 'json' ? JSON.stringify(message) : String(message);
}

function fromText(line: string, format: string): unknown {
  if (format === 'binary') return Buffer.from(line);
  if (format !== 'json') return line;
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new MessageError('invalid-message', `the line is not JSON: ${(error as Error).message}`);
  }
}

function write(output: Writable, text: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    output.write(text, () => resolve());
  });
}

function parseAddress(address: string): Address {
  const [, host, port] = /^(?:\[?([^\]]*)\]?:)?(\d+)$/.exec(address) ?? [];
  if (port === undefined)
    throw new InvalidArgumentError(`It must be [host:]port, got ${JSON.stringify(address)}.`);
  return { ...(host && { host }), port: Number(port) };
}
