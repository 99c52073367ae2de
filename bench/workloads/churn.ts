import { runLoad } from '../run/load-process.ts';
import { ServerProcess } from '../run/server-process.ts';
import { echoVariants, floor, loadColumns, loadFigures } from './echo.ts';
import type { Workload } from './workload.ts';

const CLIENTS = 50;

export const churn: Workload = {
  name: 'churn',
  group: 'churn',
  title: `Churn: connect, one echo of 64 B, close; ${CLIENTS} at a time (latency: from connect to the echo)`,
  variants: echoVariants,
  reference: floor,
  columns: loadColumns('connection'),
  key: { figure: 'cpu', title: 'CPU per connection, × C epoll', ratio: true, digits: 2 },
  async run(row, { seconds, warmUp }) {
    await using server = await ServerProcess.start(row);
    const result = await runLoad('churn', server, { clients: CLIENTS, seconds, warmUp, wait: 100 });
    return loadFigures(result, server.pids);
  },
};
