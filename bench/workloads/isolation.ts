import { runLoad } from '../run/load-process.ts';
import { variant } from '../run/peers.ts';
import { ServerProcess } from '../run/server-process.ts';
import type { Workload } from './workload.ts';

const CLIENTS = 100;
const SPIN_PERIOD = 3;
const LEAST_SPINS = 2;

export const isolation: Workload = {
  name: 'isolation',
  group: 'isolation',
  title: `Isolation: ${CLIENTS} clients, while one more client’s handler spins for 2 s of every 3 s`,
  variants: [
    variant('node-net', 'spin'),
    variant('node-cluster', 'spin', { note: '2 workers', threads: 2 }),
    variant('multithread-server', 'spin', { note: '2 threads', threads: 2 }),
  ],
  columns: [
    { figure: 'othersP99', title: 'other threads’ clients: p99, ms', digits: 1 },
    { figure: 'othersMax', title: 'worst, ms', digits: 1 },
    { figure: 'allP99', title: 'all clients: p99, ms' },
    { figure: 'allMax', title: 'worst, ms' },
    { figure: 'stalled', title: 'on the spinning thread, %' },
  ],
  key: { figure: 'worst', title: 'Worst echo of the clients of other threads, ms (net has none: of all)' },
  async run(row, { seconds, warmUp }) {
    await using server = await ServerProcess.start(row);
    const spins = Math.max(LEAST_SPINS, Math.ceil(seconds / SPIN_PERIOD));
    const { all, same, others } = await runLoad('ping', server, {
      clients: CLIENTS,
      seconds: spins * SPIN_PERIOD,
      warmUp,
    });
    return {
      allP99: all.p99 / 1000,
      allMax: all.max / 1000,
      stalled: (100 * same.messages) / all.messages,
      worst: (others.messages > 0 ? others : all).max / 1000,
      // Without a second thread there are no others.
      ...(others.messages > 0 && { othersP99: others.p99 / 1000, othersMax: others.max / 1000 }),
    };
  },
};
