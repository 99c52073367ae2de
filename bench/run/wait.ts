import { setTimeout as sleep } from 'node:timers/promises';

/** Looks every 50 ms until it holds. @throws Error when it doesn't within 10 s. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited 10 s in vain: ${what}`);
    await sleep(50);
  }
}
