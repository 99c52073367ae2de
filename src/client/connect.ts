import { threadId } from 'node:worker_threads';
import * as v from 'valibot';
import type { FormatDescriptor, FormatName, MessageOf } from '../format/descriptor.ts';
import type { Format } from '../format/format.ts';
import { createFormat } from '../format/resolve.ts';
import type { Framing } from '../framing/framing.ts';
import { createFraming, type FramingDescriptor } from '../framing/resolve.ts';
import type { CloseReason } from '../base/close-reason.ts';
import { limitEntries, splitLimits } from '../options/connection-options.ts';
import { Counters } from '../base/counters.ts';
import type { Connection } from '../connection/handler.ts';
import { check, milliseconds, nonEmptyText, whole } from '../base/rules.ts';
import { startClock } from '../connection/clock.ts';
import { LiveConnection, type ConnectionSetup } from '../connection/connection.ts';
import { createThreadContext } from '../connection/thread-context.ts';
import { Turn } from '../connection/turn.ts';
import { openClientDriver } from '../transport/choose.ts';

const schema = v.strictObject(
  {
    /** Name or address of the server. Default `localhost`. */
    host: v.optional(nonEmptyText(), 'localhost'),
    port: whole(1, 65_535),
    /** Milliseconds the connection may take to be there. Default 10,000. */
    connectTimeout: v.optional(milliseconds(1), 10_000),
    /** Send small writes at once (TCP_NODELAY). Default true. */
    noDelay: v.optional(v.boolean('must be true or false'), true),
    ...limitEntries,
  },
  'must be an object',
);

/** Options of {@link connect}. `framing` may be a framing of your own here. */
export type ConnectOptions<F extends FormatName | FormatDescriptor = 'utf-8'> = v.InferInput<
  typeof schema
> & { framing?: FramingDescriptor | Framing; format?: F };

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
  const { framing: given = { type: 'raw' }, format: name = 'utf-8', ...others } = options;
  const [limits, { host, port, connectTimeout, noDelay }] = splitLimits(check(schema, others));
  const framing = createFraming(given, limits.size);
  const format: Format = createFormat<FormatName | FormatDescriptor>(name);
  const closed = Promise.withResolvers<CloseReason>();

  const driver = await openClientDriver('node');
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
    ended(_, { reason }) {
      clearInterval(clock);
      closed.resolve(reason);
    },
  };
  const { peer, local } = dialed;
  const connection = new LiveConnection(setup, { id: 1, peer, local }, (events) => dialed.open(events));
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
