/** `npm run bench:setup`: installs what npm and Debian have, and builds every peer into bench/build/. */
import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench, build, peersFile } from './run/paths.ts';
import {
  nettyJars,
  peers,
  runtimePath,
  runtimes,
  uvloopPython,
  type PeerName,
  type PeerState,
} from './run/peers.ts';

const CRATES = '/usr/share/cargo/registry';
const source = (path: string) => join(bench, path);
const target = (path: string) => join(build, path);

/** What a build needs, and the Debian package that has it. */
const debian: readonly (readonly [isThere: () => boolean, packages: readonly string[]])[] = [
  [() => hasCommand('gcc'), ['gcc', 'libc6-dev']],
  [() => existsSync('/usr/include/uv.h'), ['libuv1-dev', 'pkg-config']],
  [() => hasCommand('go'), ['golang-go']],
  [() => hasCommand('cargo'), ['cargo']],
  [() => globSync(`${CRATES}/tokio-*`).length > 0, ['librust-tokio-dev']],
  [() => hasCommand('javac'), ['default-jdk-headless']],
  [() => nettyJars.every((jar) => existsSync(jar)), ['libnetty-java']],
  [() => hasCommand('python3'), ['python3']],
  [() => globSync('/usr/lib/python3/dist-packages/uvloop').length > 0, ['python3-uvloop']],
];

/** Builds a peer and returns the version of what it stands on. */
const builds: Record<PeerName, () => string> = {
  'c-epoll'() {
    run('gcc', ['-O2', '-o', target('c-epoll'), source('peers/c-epoll.c')]);
    return `gcc ${versionIn(run('gcc', ['--version']))}`;
  },
  'c-libuv'() {
    run('gcc', ['-O2', '-o', target('c-libuv'), source('peers/c-libuv.c'), '-luv']);
    return run('pkg-config', ['--modversion', 'libuv']);
  },
  'rust-tokio': buildTokio,
  go() {
    run('go', ['build', '-o', target('go-echo'), '.'], { cwd: source('peers/go') });
    return versionIn(run('go', ['version']));
  },
  netty() {
    run('javac', ['-cp', nettyJars.join(':'), '-d', target('netty'), source('peers/NettyEcho.java')]);
    const jar = globSync('/usr/share/java/netty-transport-[0-9]*.jar')[0] ?? '';
    return `${versionIn(jar)} (Java ${versionIn(run('java', ['--version']))})`;
  },
  bun: () => installRuntime('bun'),
  deno: () => installRuntime('deno'),
  'python-threads'() {
    // The interpreter itself: a version manager's shim before it would count as its start.
    const python = run('python3', ['-c', 'import sys; print(sys.executable)']);
    rmSync(target('python3'), { force: true });
    symlinkSync(python, target('python3'));
    return versionIn(run(target('python3'), ['--version']));
  },
  'python-uvloop'() {
    // Debian's own interpreter: another one doesn't find Debian's packages.
    return run(uvloopPython, ['-c', 'import uvloop; print(uvloop.__version__)']);
  },
  'node-net': () => versionIn(process.version),
  'node-ring': () => versionIn(process.version),
  'node-cluster': () => versionIn(process.version),
  'multithread-server': () => `on Node ${versionIn(process.version)}`,
  'multithread-server-node': () => `on Node ${versionIn(process.version)}`,
};

mkdirSync(build, { recursive: true });
installFromDebian();
buildLoad();
const states = Object.fromEntries(peers.map(({ name }) => [name, prepare(name)]));
writeFileSync(peersFile, `${JSON.stringify(states, undefined, 2)}\n`);

function prepare(name: PeerName): PeerState {
  try {
    const version = builds[name]();
    console.log(`${name}: ${version}`);
    return { version };
  } catch (error) {
    const skipped = reasonOf(error);
    console.log(`${name}: skipped: ${skipped}`);
    return { skipped };
  }
}

function buildLoad(): void {
  run('gcc', ['-O2', '-Wall', '-Wextra', '-o', target('load'), ...globSync(source('load/*.c'))]);
}

function installFromDebian(): void {
  const missing = debian.flatMap(([isThere, packages]) => (isThere() ? [] : packages));
  if (missing.length === 0) return;
  console.log(`installing ${missing.join(' ')}`);
  try {
    run('apt-get', ['update'], { stdio: 'inherit' });
    run('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { stdio: 'inherit' });
  } catch (error) {
    // The builds that need them say so one by one.
    console.log(`not installed: ${reasonOf(error)}; as root: apt-get install ${missing.join(' ')}`);
  }
}

/** Debian has tokio as sources, for cargo to build offline. */
function buildTokio(): string {
  if (!existsSync(CRATES)) throw new Error('librust-tokio-dev is missing');
  const project = target('tokio');
  cpSync(source('peers/tokio'), project, { recursive: true });
  const offline = {
    'source.crates-io.replace-with': 'debian',
    'source.debian.directory': CRATES,
  };
  const config = Object.entries(offline).flatMap(([key, value]) => ['--config', `${key}="${value}"`]);
  run('cargo', ['build', '--release', '--offline', ...config], { cwd: project });
  cpSync(join(project, 'target/release/tokio-echo'), target('rust-tokio'));
  const crate = globSync(`${CRATES}/tokio-[0-9]*`)[0] ?? '';
  return `${versionIn(crate)} (Rust ${versionIn(run('cargo', ['--version']))})`;
}

/** Below bench/build/, so that it never becomes a dependency of the package. */
function installRuntime(name: 'bun' | 'deno'): string {
  const prefix = target('npm');
  mkdirSync(prefix, { recursive: true });
  if (!existsSync(runtimePath[name])) {
    const flags = ['--prefix', prefix, '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
    // npm removes what it neither finds saved nor is asked for: always ask for both.
    run('npm', ['install', ...flags, ...Object.values(runtimes)]);
  }
  return versionIn(run(runtimePath[name], ['--version']));
}

function run(command: string, args: readonly string[], options: ExecFileSyncOptions = {}): string {
  const output = execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  return String(output ?? '').trim();
}

function hasCommand(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function reasonOf(error: unknown): string {
  const { code, path, stderr, message } = error as Error & { code?: string; path?: string; stderr?: Buffer };
  if (code === 'ENOENT') return `${path} is missing`;
  return firstLine(String(stderr ?? '').trim() || message);
}

/** The first version number in a text. */
function versionIn(text: string): string {
  return /\d+(\.\d+)+/.exec(text)?.[0] ?? 'unknown';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
