// The options of `main()` and of the command: those of `listen()`, and the disconnect message. `npm run docs` writes the
// comments of MainOptions from the entries' texts.
import * as v from 'valibot';
import { MessageError, OptionError } from '../base/errors.ts';
import { check, nonEmptyText } from '../base/rules.ts';
import { createThreadContext } from '../connection/thread-context.ts';
import { DEFAULT_FORMAT } from '../format/descriptor.ts';
import { createFormat } from '../format/resolve.ts';
import { DEFAULT_FRAMING } from '../framing/descriptor.ts';
import { createFraming } from '../framing/resolve.ts';
import {
  groupOf,
  listenEntries,
  resolveOptions,
  type ListenOptions,
  type ResolvedOptions,
} from '../options/listen-options.ts';
import { option, withDefault, type Entries } from '../options/option.ts';
import { DISCONNECT_MSG, IP, PORT, setup, SIZE, type EchoData } from './handler.ts';

/** Options of `main()`: those of `listen()`, and the disconnect message. */
export interface MainOptions extends ListenOptions {
  /**
   * Address or name to listen on. `localhost` is 127.0.0.1 and, where the machine has it, ::1. Default: `'localhost'`.
   */
  host?: string | undefined;
  /** TCP port; 0 lets the system choose one. Default: 56011. */
  port?: number | undefined;
  /** Largest `raw` message, and the length of `fixed-length` messages. Default: 1024 bytes. */
  size?: number | undefined;
  /**
   * Message that ends a connection to the echo handler. It isn't echoed. Not to be given together with `data`. Default:
   * `'!DISCONNECT'`.
   */
  disconnectMessage?: string | undefined;
}

const echoEntries = {
  disconnectMessage: option(nonEmptyText(), {
    text: "Message that ends a connection to the echo handler. It isn't echoed. Not to be given together with `data`.",
    default: DISCONNECT_MSG,
  }),
};

/** With the constants of the original module for defaults. */
export const mainEntries = {
  ...listenEntries,
  host: withDefault(listenEntries.host, IP),
  port: withDefault(listenEntries.port, PORT),
  size: withDefault(listenEntries.size, SIZE),
  ...echoEntries,
} satisfies Entries<MainOptions>;

/** The heading under which `--help` and the documentation have an option. */
export function mainGroupOf(name: string): string {
  return groupOf(name) ?? 'The echo handler';
}

const schema = v.strictObject(mainEntries, 'must be an object');

/**
 * Checks options and fills in defaults.
 * @throws OptionError naming the option, its value and the rule.
 */
export function parseMainOptions(options: MainOptions): ResolvedOptions {
  const { disconnectMessage, ...checked } = check(schema, options);
  if (options.data !== undefined && options.disconnectMessage !== undefined) {
    throw new OptionError('disconnectMessage', "can't be given together with data, which takes its place");
  }
  const data: EchoData = { disconnectMessage };
  const resolved = resolveOptions({ ...checked, data: options.data ?? data });
  if (options.handler === undefined) checkDisconnectMessage(resolved);
  return resolved;
}

/** Does what the echo handler does in each thread before its first client. */
function checkDisconnectMessage({ framing, format, size, data }: ResolvedOptions): void {
  const context = createThreadContext(
    { id: 0, data },
    createFraming(framing ?? DEFAULT_FRAMING, size),
    createFormat(format ?? DEFAULT_FORMAT),
  );
  try {
    setup(context);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    throw new OptionError('disconnectMessage', `must be a message of the framing: ${error.message}`);
  }
}
