import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench, build, peersFile } from './paths.ts';

/** What a server does with a message. `callback` is `echo` by a handler made of callbacks, `small` with a small young generation. */
export type Mode = 'echo' | 'small' | 'callback' | 'lines' | 'lines-callback' | 'hash' | 'spin' | 'fault';
export type Threads = number | 'per-connection';

/** A server to measure: a program of its own that prints `listening PORT`. */
export interface Peer {
  readonly name: string;
  readonly title: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A peer as one row of a workload: with its mode and its threads. */
export interface Variant {
  readonly name: string;
  readonly title: string;
  readonly peer: Peer;
  readonly mode: Mode;
  readonly threads: Threads;
}

/** What setup wrote about a peer. */
export type PeerState = { readonly version: string } | { readonly skipped: string };

const { arch, execPath } = process;
const source = (name: string) => join(bench, 'peers', name);
const built = (name: string) => join(build, name);

/** Where npm puts the runtimes; each package is one for one kind of machine. */
export const runtimes = {
  bun: `@oven/bun-linux-${arch === 'arm64' ? 'aarch64' : arch}`,
  deno: `@deno/linux-${arch}-glibc`,
} as const;
export const runtimePath = {
  bun: built(`npm/node_modules/${runtimes.bun}/bin/bun`),
  deno: built(`npm/node_modules/${runtimes.deno}/deno`),
} as const;

/** The parts of Netty the peer needs, from Debian. */
export const nettyJars = ['buffer', 'common', 'resolver', 'transport'].map(
  (part) => `/usr/share/java/netty-${part}.jar`,
);

export const uvloopPython = '/usr/bin/python3';

export const peers = [
  { name: 'c-epoll', title: 'C epoll', command: [built('c-epoll')] },
  { name: 'c-libuv', title: 'C libuv', command: [built('c-libuv')] },
  { name: 'rust-tokio', title: 'Rust tokio', command: [built('rust-tokio')] },
  { name: 'go', title: 'Go', command: [built('go-echo')], env: { GOMAXPROCS: '1' } },
  {
    name: 'netty',
    title: 'Java Netty NIO',
    command: ['java', '-cp', [built('netty'), ...nettyJars].join(':'), 'NettyEcho'],
  },
  { name: 'bun', title: 'Bun', command: [runtimePath.bun, source('bun.ts')] },
  {
    name: 'deno',
    title: 'Deno',
    command: [runtimePath.deno, 'run', '--no-config', '--no-check', '--allow-net', source('deno.ts')],
  },
  {
    name: 'python-threads',
    title: 'Python, thread per client',
    command: [built('python3'), source('python-threads.py')],
  },
  {
    name: 'python-uvloop',
    title: 'Python uvloop',
    command: [uvloopPython, source('python-uvloop.py')],
  },
  { name: 'node-net', title: 'Node `net`', command: [execPath, source('node-net.ts')] },
  { name: 'node-cluster', title: 'Node `cluster`', command: [execPath, source('node-cluster.ts')] },
  { name: 'node-ring', title: 'Node, bare ring', command: [execPath, source('node-ring.ts')] },
  {
    name: 'multithread-server',
    title: 'multithread-server',
    command: [execPath, source('multithread-server.ts')],
    env: { MULTITHREAD_SERVER_TRANSPORT: 'io-uring' },
  },
  {
    name: 'multithread-server-node',
    title: 'multithread-server, `transport: node`',
    command: [execPath, source('multithread-server.ts')],
    env: { MULTITHREAD_SERVER_TRANSPORT: 'node' },
  },
] as const satisfies readonly Peer[];

export type PeerName = (typeof peers)[number]['name'];

/** A row; its name is the peer's unless it is given. */
export function variant(
  peerName: PeerName,
  mode: Mode,
  { name = peerName, note = '', threads = 1 }: { name?: string; note?: string; threads?: Threads } = {},
): Variant {
  const peer = peers.find((candidate) => candidate.name === peerName)!;
  return { name, title: note ? `${peer.title}, ${note}` : peer.title, peer, mode, threads };
}

/** Why a peer can't run here; undefined when it can. */
export function skipReason(peer: Peer): string | undefined {
  const state = peerStates()[peer.name];
  if (!state) return 'not built: npm run bench:setup';
  return 'skipped' in state ? state.skipped : undefined;
}

export function peerStates(): Record<string, PeerState> {
  try {
    return JSON.parse(readFileSync(peersFile, 'utf8')) as Record<string, PeerState>;
  } catch {
    return {};
  }
}
