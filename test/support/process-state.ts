import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** How many sockets the process has open; Linux only. */
export function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) =>
    whereItIs(() => readlinkSync(`/proc/self/fd/${descriptor}`)).startsWith('socket:'),
  ).length;
}

/** How many of the server's threads the process has; Linux only, where a thread's name is cut to 15 characters. */
export function runningThreads(): number {
  return readdirSync('/proc/self/task').filter((thread) =>
    whereItIs(() => readFileSync(`/proc/self/task/${thread}/comm`, 'utf-8')).startsWith('multithread-'),
  ).length;
}

/** What a directory of /proc lists may be gone by now. */
function whereItIs(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
