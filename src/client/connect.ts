/// <reference types="node" preserve="true" />
import { threadId } from 'node:worker_threads';
import type { FormatDescriptor, FormatName, MessageOf } from '../format/descriptor.ts';
import type { Format } from '../format/format.ts';
import { createFormat } from '../format/resolve.ts';
import { createCheckedFraming } from '../framing/resolve.ts';
import type { CloseReason } from '../base/close-reason.ts';
import { parseConnectOptions } from '../options/connect-options.ts';
import type { ConnectOptions } from '../options/public.ts';
import { Counters } from '../base/counters.ts';
import type { Connection } from '../connection/handler.ts';
import { startClock } from '../connection/clock.ts';
import { LiveConnection, type ConnectionSetup } from '../connection/connection.ts';
import { createThreadContext } from '../connection/thread-context.ts';
import { Turn } from '../connection/turn.ts';
import { openClientDriver } from '../transport/choose.ts';
import type { Dialed, LinkEvents } from '../transport/transport.ts';

/**
 * A connection to a server. It ends when both sides have ended: call `end()` when nothing more is to be sent,
 * or dispose of it, which also gives up what the server still sends.
 */
export interface ClientConnection<M = string> extends Connection<M>, AsyncDisposable {
  /** Resolves with the close reason when the connection has ended. */
  readonly closed: Promise<CloseReason>;
}

const CLOCK_MS = 100;

/**
 * Connects to a server, with the same framings and formats that it serves. Runs in the calling thread.
 * @throws OptionError for an option its rule forbids. The operating system's error when the server can't be reached.
 */
export async function connect<const F extends FormatName | FormatDescriptor = 'utf-8'>(
  options: ConnectOptions<F>,
): Promise<ClientConnection<MessageOf<F>>> {
  const { host, port, connectTimeout, noDelay, transport, limits, ...codec } = parseConnectOptions(options);
  const framing = createCheckedFraming(codec.framing, limits.size);
  const format: Format = createFormat(codec.format);
  const closed = Promise.withResolvers<CloseReason>();

  const driver = await openClientDriver(transport);
  const dialed = await driver.dial({ host, port, noDelay, timeout: connectTimeout });
  const setup: ConnectionSetup = {
    thread: createThreadContext({ id: threadId, data: undefined }, framing, format),
    framing,
    format,
    limits,
    // A server stops reading while much is due to its client. If this side did so, too, both could wait for ever.
    mostDueWhileReading: Infinity,
    counters: new Counters(),
    turn: new Turn(),
    side: 'called',
    // It is told by what its promises reject with.
    failed() {},
    ended(_, { reason }) {
      clearInterval(clock);
      closed.resolve(reason);
    },
  };
  const connection = createConnection(setup, dialed);
  const clock = startClock(CLOCK_MS, (now, isLate) => {
    if (!isLate) connection.checkDeadlines(now);
  });
  clock.unref();
  return Object.assign(connection as Connection<unknown> as Connection<MessageOf<F>>, {
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      connection.finish();
      await closed.promise;
    },
  });
}

function createConnection(setup: ConnectionSetup, dialed: Dialed): LiveConnection {
  const { peer, local } = dialed;
  try {
    return new LiveConnection(setup, { id: 1, peer, local }, (events) => dialed.open(events));
  } catch (error) {
    // A framing of the user's can fail before there is a connection.
    dialed.open(unheard).reset();
    throw error;
  }
}

const unheard: LinkEvents = {
  read: () => true,
  written() {},
  peerEnded() {},
  linkFailed() {},
  linkClosed() {},
};
