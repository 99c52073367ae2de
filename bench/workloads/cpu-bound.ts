import { runLoad } from '../run/load-process.ts';
import { variant } from '../run/peers.ts';
import { ServerProcess } from '../run/server-process.ts';
import { loadFigures } from './echo.ts';
import type { Workload } from './workload.ts';

const CLIENTS = 16;
const reference = variant('node-net', 'hash');

export const cpuBound: Workload = {
  name: 'cpu-bound',
  group: 'cpu',
  title: `CPU-bound: each message hashes 1 MiB (about 1 ms); ${CLIENTS} clients × 1 × 64 B`,
  variants: [
    reference,
    variant('node-cluster', 'hash', { name: 'node-cluster-2', note: '2 workers', threads: 2 }),
    variant('multithread-server', 'hash', { note: '1 thread' }),
    variant('multithread-server', 'hash', { name: 'multithread-server-2', note: '2 threads', threads: 2 }),
  ],
  reference,
  columns: [
    { figure: 'rate', title: 'messages/s' },
    { figure: 'rate', title: '× `net`', ratio: true, digits: 2 },
    { figure: 'p50', title: 'p50, µs' },
    { figure: 'p99', title: 'p99, µs' },
    { figure: 'cpu', title: 'CPU/message, µs' },
  ],
  key: {
    figure: 'rate',
    title: 'Messages/s of a CPU-bound handler, × Node net',
    ratio: true,
    digits: 2,
    more: true,
  },
  async run(row, { seconds, warmUp }) {
    await using server = await ServerProcess.start(row);
    const options = { clients: CLIENTS, seconds, warmUp, wait: 100 };
    return loadFigures(await runLoad('echo', server, options), server.pids);
  },
};
