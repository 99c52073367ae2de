/** The way bytes take, and what it may use. */
import * as v from 'valibot';
import { check, powerOfTwo, whole } from '../base/rules.ts';

const TRANSPORTS = ['auto', 'io-uring', 'node'] as const;
const transportRule = `must be one of ${TRANSPORTS.join(', ')}`;
const transport = v.picklist(TRANSPORTS, transportRule);

/** Sets the default of the `transport` option. */
const VARIABLE = 'MULTITHREAD_SERVER_TRANSPORT';

/**
 * The way bytes take: `'io-uring'` (Linux 6.1 or newer with `node:ffi`), `'node'` for Node's own sockets, or `'auto'` for io_uring where
 * the system lets it be used. Default: the environment variable MULTITHREAD_SERVER_TRANSPORT, else `'node'`.
 */
export const transportEntry = v.optional(transport, () => {
  const given = process.env[VARIABLE] ?? 'node';
  return check(transport, given, { option: VARIABLE, rule: transportRule });
});

/** What each thread may take of the system with io_uring. */
export const ioUringEntry = v.optional(
  v.strictObject({
    /** Requests that may wait to be submitted, a power of two. Default 1024. */
    entries: v.optional(powerOfTwo(8, 32_768), 1024),
    /** Buffers to receive into, a power of two. Default 256. */
    receiveBuffers: v.optional(powerOfTwo(1, 32_768), 256),
    /** Bytes of each, a power of two. Default 16,384. */
    receiveBufferSize: v.optional(powerOfTwo(512, 2 ** 20), 16_384),
    /** Most bytes to send from; it takes no memory before it is used. Default 64 MiB. */
    sendMemory: v.optional(whole(65_536, 2 ** 30, 'bytes'), 64 * 2 ** 20),
  }),
  {},
);
