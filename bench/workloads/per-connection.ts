import { runLoad } from '../run/load-process.ts';
import { variant, type Variant } from '../run/peers.ts';
import { ServerProcess } from '../run/server-process.ts';
import { connectionMemory } from './idle.ts';
import type { Workload } from './workload.ts';

const CONNECTIONS = 32;

export const perConnection: Workload = {
  name: 'per-connection',
  group: 'threads',
  title: `A thread for each connection: one client after another, then ${CONNECTIONS} connections at once`,
  variants: [
    variant('python-threads', 'echo'),
    variant('multithread-server', 'echo', { name: 'multithread-server-pool', note: 'pool of 1' }),
    variant('multithread-server', 'echo', { note: 'per connection', threads: 'per-connection' }),
  ],
  columns: [
    { figure: 'p50', title: 'connect to first echo: p50, ms', digits: 2 },
    { figure: 'p99', title: 'p99, ms', digits: 2 },
    { figure: 'memory', title: 'memory per connection, KiB' },
    { figure: 'cpu', title: 'CPU/connection, µs' },
  ],
  key: { figure: 'p50', title: 'Connect to first echo, ms', digits: 2 },
  async run(row, { seconds, warmUp }) {
    const { used } = await measureMemory(row);
    await using server = await ServerProcess.start(row);
    const result = await runLoad('churn', server, { clients: 1, seconds, warmUp, wait: 100 });
    const { messages, serverUser, serverSystem, p50, p99 } = result;
    return {
      p50: p50 / 1000,
      p99: p99 / 1000,
      cpu: (serverUser + serverSystem) / messages,
      memory: used!,
    };
  },
};

async function measureMemory(row: Variant) {
  await using server = await ServerProcess.start(row);
  return await connectionMemory(server, CONNECTIONS);
}
