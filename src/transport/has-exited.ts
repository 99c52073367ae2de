import type { Worker } from 'node:worker_threads';

/** The thread id that Node gives to a Worker that has exited. */
const EXITED = -1;

/** Whether a thread is gone: what is posted to it vanishes without a word. */
export function hasExited({ threadId }: Worker): boolean {
  return threadId === EXITED;
}
