import { once } from 'node:events';
import { connect } from 'node:net';
import { peakMemory } from '../run/process-tree.ts';
import { ServerProcess } from '../run/server-process.ts';
import { echoVariants } from './echo.ts';
import type { Workload } from './workload.ts';

async function firstEcho(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  const received = once(socket, 'data');
  socket.write('first');
  await received;
  socket.destroy();
}

export const start: Workload = {
  name: 'start',
  group: 'start',
  title: 'Start: from spawning the process to the first echo',
  variants: echoVariants,
  columns: [
    { figure: 'listening', title: 'listens after, ms' },
    { figure: 'echo', title: 'first echo after, ms' },
    { figure: 'peak', title: 'peak, MiB', digits: 1 },
  ],
  key: { figure: 'echo', title: 'Start to first echo, ms' },
  async run(row) {
    const began = performance.now();
    await using server = await ServerProcess.start(row);
    const listening = performance.now() - began;
    await firstEcho(server.port);
    return { listening, echo: performance.now() - began, peak: peakMemory(server.pids) / 1024 };
  },
};
