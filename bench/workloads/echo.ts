import { runLoad, type LoadResult } from '../run/load-process.ts';
import { peers, variant, type Variant } from '../run/peers.ts';
import { peakMemory } from '../run/process-tree.ts';
import type { Figures } from '../run/rounds.ts';
import { ServerProcess } from '../run/server-process.ts';
import type { Column, Workload } from './workload.ts';

/** Every peer in its plain form; the floor is the first. */
export const echoVariants: readonly Variant[] = peers.map(({ name }) => variant(name, 'echo'));
export const floor: Variant = echoVariants[0]!;

const callbacks = [
  variant('multithread-server', 'callback', { name: 'multithread-server-callback', note: 'callbacks' }),
  variant('multithread-server-node', 'callback', {
    name: 'multithread-server-node-callback',
    note: 'callbacks',
  }),
];

/** The figures of a closed loop; `cpu` is the server's CPU time per message (or per connection) in µs. */
export function loadFigures(result: LoadResult, pids: readonly number[]): Figures {
  const { messages, seconds, serverUser, serverSystem, p50, p99, p999, max, loadCpu } = result;
  return {
    cpu: (serverUser + serverSystem) / messages,
    user: serverUser / messages,
    system: serverSystem / messages,
    rate: messages / seconds,
    p50,
    p99,
    p999,
    max,
    peak: peakMemory(pids) / 1024,
    loadCpu,
  };
}

/** Columns of a closed loop, for whatever is counted. */
export function loadColumns(unit: string): readonly Column[] {
  return [
    { figure: 'cpu', title: `CPU/${unit}, µs`, digits: 2 },
    { figure: 'cpu', title: '× floor', ratio: true, digits: 2 },
    { figure: 'rate', title: `${unit}s/s` },
    { figure: 'p50', title: 'p50, µs' },
    { figure: 'p99', title: 'p99, µs' },
    { figure: 'p999', title: 'p99.9, µs' },
    { figure: 'peak', title: 'peak, MiB', digits: 1 },
  ];
}

interface Shape {
  readonly clients: number;
  readonly inFlight: number;
  readonly size: number;
}

function echoWorkload(
  name: string,
  title: string,
  { clients, inFlight, size }: Shape,
  mode: 'echo' | 'lines' = 'echo',
  variants: readonly Variant[] = [...echoVariants, ...callbacks],
): Workload {
  return {
    name,
    group: mode,
    title,
    variants,
    reference: floor,
    columns: loadColumns('message'),
    key: { figure: 'cpu', title: 'CPU per message, × C epoll', ratio: true, digits: 2 },
    async run(row, { seconds, warmUp }) {
      await using server = await ServerProcess.start(row);
      const result = await runLoad(mode, server, { clients, inFlight, size, seconds, warmUp });
      return loadFigures(result, server.pids);
    },
  };
}

const lineVariants = [
  floor,
  variant('node-net', 'lines', { note: 'split' }),
  variant('node-cluster', 'lines', { note: 'split' }),
  variant('multithread-server', 'lines', { note: '`lines`' }),
  variant('multithread-server', 'lines-callback', {
    name: 'multithread-server-callback',
    note: '`lines`, callbacks',
  }),
  variant('multithread-server-node', 'lines', { note: '`lines`' }),
  variant('multithread-server-node', 'lines-callback', {
    name: 'multithread-server-node-callback',
    note: '`lines`, callbacks',
  }),
];

export const echoWorkloads: readonly Workload[] = [
  echoWorkload('echo-100x1x64', '100 clients × 1 × 64 B', { clients: 100, inFlight: 1, size: 64 }),
  echoWorkload('echo-100x16x64', '100 clients × 16 × 64 B', { clients: 100, inFlight: 16, size: 64 }),
  echoWorkload('echo-50x1x16k', '50 clients × 1 × 16 KiB', { clients: 50, inFlight: 1, size: 16_384 }),
  echoWorkload('echo-1000x1x64', '1,000 clients × 1 × 64 B', { clients: 1000, inFlight: 1, size: 64 }),
  echoWorkload(
    'lines-100x16x64',
    'Lines as strings, 100 clients × 16 × 64 B (the floor echoes bytes)',
    { clients: 100, inFlight: 16, size: 64 },
    'lines',
    lineVariants,
  ),
];
