/** What a host to listen on stands for, whoever binds. */
import type { BoundAddress, ListenerOptions } from './transport.ts';

const LOOPBACKS = ['127.0.0.1', '::1'] as const;

/** The machine has no such address. */
const NO_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

/** With port 0 the second loopback address may find the first one's port taken. */
const PORT_TRIES = 10;

const ALL_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Whoever binds one address after the other. */
export interface Binder {
  readonly addresses: readonly BoundAddress[];
  /** @throws the operating system's error. */
  bindPath(path: string): Promise<void>;
  /** @throws the operating system's error. */
  bindAddress(port: number, host: string): Promise<void>;
  /** Unbinds all of them. */
  close(): Promise<void>;
}

/** `localhost` is 127.0.0.1 and, where the machine has it, ::1. When it throws, nothing is bound. */
export async function bindAll(
  binder: Binder,
  { path, host }: Pick<ListenerOptions, 'path' | 'host'>,
  port: number,
): Promise<void> {
  if (path !== undefined) {
    await binder.bindPath(path);
    return;
  }
  for (let tries = 1; ; tries++) {
    try {
      await (host === 'localhost' ? bindLoopbacks(binder, port) : binder.bindAddress(port, host));
      return;
    } catch (error) {
      await binder.close();
      const { code } = error as NodeJS.ErrnoException;
      if (port !== 0 || code !== 'EADDRINUSE' || tries === PORT_TRIES) throw error;
    }
  }
}

async function bindLoopbacks(binder: Binder, port: number): Promise<void> {
  let missing: unknown;
  for (const address of LOOPBACKS) {
    try {
      await binder.bindAddress(binder.addresses[0]?.port ?? port, address);
    } catch (error) {
      if (!NO_ADDRESS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      missing = error;
    }
  }
  if (binder.addresses.length === 0) throw missing;
}

/** Whether an address stands for all of the machine's: only a connection knows which it came to. */
export function isAnyAddress(address: string): boolean {
  return ALL_ADDRESSES.has(address);
}
