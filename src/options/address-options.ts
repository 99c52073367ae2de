// Where a server listens, and its sockets there.
import * as v from 'valibot';
import { milliseconds, nonEmptyText, whole } from '../base/rules.ts';
import { option } from './option.ts';

export const addressEntries = {
  port: option(whole(0, 65_535), { text: 'TCP port; 0 lets the system choose one.', default: 0 }),
  host: option(nonEmptyText(), {
    text: 'Address or name to listen on. `localhost` is 127.0.0.1 and, where the machine has it, ::1.',
    default: 'localhost',
    flag: { placeholder: 'address' },
  }),
  path: option(nonEmptyText(), {
    text:
      'Path of a Unix-domain socket to listen on, instead of host and port; one that begins with a NUL is abstract (Linux). Its ' +
      'clients have no address. Takes io_uring or `node:ffi`.',
    defaultText: 'none',
    flag: { placeholder: 'path' },
  }),
  backlog: option(whole(1, 65_535, 'connections'), {
    text: 'Most connections that the kernel holds until they are accepted.',
    default: 4096,
  }),
  noDelay: option(v.boolean('must be true or false'), {
    text: 'Whether small writes are sent at once (TCP_NODELAY).',
    default: true,
  }),
  keepAlive: option(milliseconds(), {
    text: 'Time of silence after which TCP keep-alive probes a connection; 0 for never.',
    default: 60_000,
  }),
};
