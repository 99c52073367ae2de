import { variant, type PeerName, type Variant } from '../run/peers.ts';
import { ServerProcess } from '../run/server-process.ts';
import { Pinger } from '../run/pinger.ts';
import type { Workload } from './workload.ts';

const CLIENTS = 200;
const BEFORE_MS = 1000;
const AFTER_MS = 4000;

const servers: readonly (readonly [PeerName, string, number])[] = [
  ['node-net', '', 1],
  ['node-cluster', '2 workers', 2],
  ['multithread-server', '2 threads', 2],
];

/** A server with a handler that one client makes fail, while the others echo. */
function faultWorkload(fault: string, what: string): Workload {
  return {
    name: `fault-${fault}`,
    group: 'faults',
    title: `Fault: ${what}; ${CLIENTS} clients echo meanwhile`,
    variants: servers.map(([peer, note, threads]) => variant(peer, 'fault', { note, threads })),
    columns: [
      { figure: 'othersWorst', title: 'other threads’ clients: worst echo, ms', digits: 1 },
      { figure: 'othersLost', title: 'lost or stuck, %' },
      { figure: 'allLost', title: 'of all clients lost or stuck, %' },
      { figure: 'allWorst', title: 'worst echo of all, ms', digits: 1 },
    ],
    key: { figure: 'allLost', title: 'Clients lost or stuck, %' },
    run: (row) => run(row, fault),
  };
}

async function run(row: Variant, fault: string) {
  await using server = await ServerProcess.start(row);
  const culprit = await Pinger.connect(server.port);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => Pinger.connect(server.port)));
  for (const client of clients) client.start();
  await sleep(BEFORE_MS);
  culprit.send(`F${fault}`);
  await sleep(AFTER_MS);
  const results = clients.map((client) => ({ ...client.stop(), isOther: client.thread !== culprit.thread }));
  culprit.stop();
  const others = results.filter(({ isOther }) => isOther);
  return {
    allLost: percentLost(results),
    allWorst: Math.max(...results.map(({ worst }) => worst)),
    // Without a second thread there are no others.
    ...(others.length > 0 && {
      othersLost: percentLost(others),
      othersWorst: Math.max(...others.map(({ worst }) => worst)),
    }),
  };
}

function percentLost(results: readonly { isLost: boolean }[]): number {
  return (100 * results.filter(({ isLost }) => isLost).length) / results.length;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

export const faultWorkloads: readonly Workload[] = [
  faultWorkload('throw', 'the handler throws'),
  faultWorkload('timer', 'a timer throws'),
  faultWorkload('exit', 'process.exit()'),
  faultWorkload('hang', 'an endless loop'),
  faultWorkload('leak', 'the heap runs full'),
  faultWorkload('block', 'the handler blocks 300 ms of every second'),
];
