import { setTimeout as sleep } from 'node:timers/promises';
import { IdleLoad } from '../run/load-process.ts';
import { openFiles, peakMemory, proportionalMemory, residentMemory } from '../run/process-tree.ts';
import type { Figures } from '../run/rounds.ts';
import { ServerProcess } from '../run/server-process.ts';
import { until } from '../run/wait.ts';
import { variant } from '../run/peers.ts';
import { echoVariants } from './echo.ts';
import type { Workload } from './workload.ts';

const CLIENTS = 10_000;
// Allocators and collectors give back what they can in this time.
const SETTLE = 1500;

const small = variant('multithread-server', 'small', {
  name: 'multithread-server-small',
  note: '`threadYoungMemoryLimit: 4`',
});

/** Memory in KiB that each connection holds: when it has only been accepted, and when it has had one echo. */
export async function connectionMemory(server: ServerProcess, clients: number): Promise<Figures> {
  const { pids } = server;
  {
    // Whatever is made at the first use isn't a connection's.
    using first = new IdleLoad(server, 10);
    await first.opened();
    await first.echo();
  }
  await sleep(SETTLE);
  const files = openFiles(pids);
  const before = { pss: proportionalMemory(pids), rss: residentMemory(pids) };
  using load = new IdleLoad(server, clients);
  const connect = await load.opened();
  await until('the server accepts', () => openFiles(pids) >= files + clients);
  await sleep(SETTLE);
  const opened = proportionalMemory(pids);
  await load.echo();
  await sleep(SETTLE);
  return {
    opened: (opened - before.pss) / clients,
    used: (proportionalMemory(pids) - before.pss) / clients,
    usedRss: (residentMemory(pids) - before.rss) / clients,
    connect: connect * 1000,
    base: before.pss / 1024,
    peak: peakMemory(pids) / 1024,
  };
}

export const idle: Workload = {
  name: 'idle',
  group: 'idle',
  title: '10,000 idle connections: memory per connection (PSS), without the kernel’s own',
  variants: [...echoVariants, small],
  columns: [
    { figure: 'opened', title: 'opened, KiB', digits: 1 },
    { figure: 'used', title: 'after one echo, KiB', digits: 1 },
    { figure: 'usedRss', title: 'the same as RSS, KiB', digits: 1 },
    { figure: 'connect', title: 'all connect in, ms' },
    { figure: 'base', title: 'before, MiB', digits: 1 },
    { figure: 'peak', title: 'peak, MiB', digits: 1 },
  ],
  key: { figure: 'used', title: 'KiB per idle connection', digits: 1 },
  async run(row) {
    await using server = await ServerProcess.start(row);
    return await connectionMemory(server, CLIENTS);
  },
};
