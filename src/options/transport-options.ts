// The way bytes take, and what it may use.
import { isMainThread } from 'node:worker_threads';
import * as v from 'valibot';
import { check, powerOfTwo, whole } from '../base/rules.ts';
import type { ThreadMemory } from '../transport/transport.ts';
import { option } from './option.ts';

const TRANSPORTS = ['auto', 'io-uring', 'node'] as const;
const transport = v.picklist(TRANSPORTS, `must be one of ${TRANSPORTS.join(', ')}`);

/** Sets the default of the `transport` option. */
const VARIABLE = 'MULTITHREAD_SERVER_TRANSPORT';

const TEXT =
  "The way bytes take. `io-uring`: Linux' own, for which it takes Linux 6.1 and `node:ffi`; `node`: Node's sockets; `auto`: " +
  "io_uring where the system lets it be used, else Node's sockets. io_uring is experimental, with faults that are known: not for " +
  'servers in use.';

function transportOption(preset: () => (typeof TRANSPORTS)[number], defaultText: string) {
  return option(transport, {
    text: TEXT,
    default: preset,
    defaultText,
    flag: { placeholder: 'way', forms: TRANSPORTS.join(', ') },
  });
}

function fromEnvironment(preset: (typeof TRANSPORTS)[number]): (typeof TRANSPORTS)[number] {
  return check(transport, process.env[VARIABLE] ?? preset, VARIABLE);
}

export const serverTransportEntries = {
  transport: transportOption(
    () => fromEnvironment('node'),
    `the environment variable \`${VARIABLE}\`, else \`node\``,
  ),
};

/** A client has few connections: what a ring costs to set up it doesn't get back. */
export const clientTransportEntries = {
  transport: transportOption(
    // The variable is meant for servers and their tests: it must not keep a thread from calling anybody.
    () => (isMainThread ? fromEnvironment('node') : 'node'),
    `\`node\`, on the main thread the environment variable \`${VARIABLE}\` before that`,
  ),
};

/** What each thread may take of the system with io_uring. */
export const ioUringEntries = {
  ioUringEntries: option(powerOfTwo(8, 32_768, 'requests'), {
    text: 'With io_uring: requests of a thread that may wait to be submitted; a power of two.',
    default: 1024,
  }),
  ioUringBuffers: option(powerOfTwo(1, 32_768, 'buffers'), {
    text: 'With io_uring: buffers into which a thread receives; a power of two.',
    default: 256,
  }),
  ioUringBufferSize: option(powerOfTwo(512, 2 ** 20, 'bytes'), {
    text: 'With io_uring: size of each of these buffers; a power of two.',
    default: 16_384,
  }),
  ioUringSendMemory: option(whole(65_536, 2 ** 30, 'bytes'), {
    text: 'With io_uring: most memory from which a thread sends. None of it is taken before it is used.',
    default: 64 * 2 ** 20,
  }),
};

/** The same under the names that drivers have for it. */
export function threadMemory(options: {
  readonly [K in keyof typeof ioUringEntries]: number;
}): ThreadMemory {
  return {
    entries: options.ioUringEntries,
    receiveBuffers: options.ioUringBuffers,
    receiveBufferSize: options.ioUringBufferSize,
    sendMemory: options.ioUringSendMemory,
  };
}
