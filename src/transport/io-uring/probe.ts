/** Whether the system lets io_uring be used: asked once, by doing all that the driver does. */
import { isMainThread } from 'node:worker_threads';
import { ffi } from './ffi.ts';

/** What refusals of this system mean. */
const MEANINGS: Readonly<Record<string, string>> = {
  EPERM: 'the sysctl kernel.io_uring_disabled forbids it, or a seccomp profile, as many containers have one',
  ENOSYS: 'the kernel has no io_uring',
  EINVAL: 'the kernel is older than Linux 6.1',
  ERR_ACCESS_DENIED: "Node's permission model forbids it: --allow-ffi",
};

let asked: Promise<string | undefined> | undefined;

/** Why it can't be used; undefined where it can. */
export function ioUringObstacle(): Promise<string | undefined> {
  asked ??= ask();
  return asked;
}

async function ask(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `it is Linux' own, and this is ${process.platform}`;
  if (process.arch !== 'x64' && process.arch !== 'arm64') return `not tried on ${process.arch}`;
  // What main makes is taken back by main: in a worker thread nobody would be left to do it when that is terminated.
  if (!isMainThread) return 'only the main thread of a process can use it';
  if (!ffi) return `Node ${process.version} has no node:ffi, or has it switched off`;
  try {
    (await import('./rehearsal.ts')).rehearse();
    return undefined;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const meaning = MEANINGS[code];
    return meaning === undefined ? message : `${message} (${meaning})`;
  }
}
