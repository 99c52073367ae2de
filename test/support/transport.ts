/**
 * The driver that the tests run on. The library takes it from the same variable, in every process and thread that a
 * test starts, since those inherit it; `npm run unit -- --transport io-uring` sets it.
 */
const transport = process.env['MULTITHREAD_SERVER_TRANSPORT'] ?? 'node';

if (transport !== 'node' && transport !== 'io-uring') {
  throw new Error(`MULTITHREAD_SERVER_TRANSPORT must be node or io-uring, got ${JSON.stringify(transport)}`);
}

/** For a test that looks into net.Socket. */
export const onlyNodeSockets = { skip: transport !== 'node' && 'looks into net.Socket' };
