/** The only file that knows all drivers. Each side loads its own half of one. */
import { TransportError } from '../base/errors.ts';
import type {
  ClientDriver,
  DriverName,
  DriverStart,
  MainDriver,
  ThreadDriver,
  ThreadMemory,
  TransportInfo,
} from './transport.ts';

/** The `transport` option. */
export type TransportChoice = 'auto' | DriverName;

/**
 * Opens the driver that was chosen; with `auto` that is io_uring where the system lets it be used, else Node's sockets.
 * @param memory what each thread may take where the driver has memory of its own.
 * @throws TransportError when it can't be used.
 */
export async function openMainDriver(
  choice: TransportChoice,
  memory: ThreadMemory,
): Promise<{ driver: MainDriver; transport: TransportInfo }> {
  const obstacle = choice === 'node' ? 'it was chosen' : await ioUringObstacle();
  if (obstacle === undefined) {
    const { UringMainDriver } = await import('./io-uring/main-driver.ts');
    return { driver: new UringMainDriver(memory), transport: { driver: 'io-uring', why: undefined } };
  }
  refuseUnless(choice, obstacle);
  const { nodeMainDriver } = await import('./node/main-driver.ts');
  return { driver: nodeMainDriver, transport: { driver: 'node', why: obstacle } };
}

/** Opens a thread's half of the driver that its main has. */
export async function openThreadDriver(start: DriverStart): Promise<ThreadDriver> {
  if (start.driver === 'node') return (await import('./node/thread-driver.ts')).openThread(start);
  return (await import('./io-uring/thread-driver.ts')).openThread(start);
}

/** @throws TransportError when the driver that was chosen can't be used. */
export async function openClientDriver(choice: TransportChoice): Promise<ClientDriver> {
  const obstacle = choice === 'node' ? '' : await ioUringObstacle();
  if (obstacle === undefined) return (await import('./io-uring/client-driver.ts')).uringClientDriver;
  refuseUnless(choice, obstacle);
  return (await import('./node/client-driver.ts')).nodeClientDriver;
}

/** Why io_uring can't be used here; undefined where it can. */
async function ioUringObstacle(): Promise<string | undefined> {
  return (await import('./io-uring/probe.ts')).ioUringObstacle();
}

function refuseUnless(choice: TransportChoice, obstacle: string): void {
  if (choice === 'io-uring') throw new TransportError(`io_uring can't be used here: ${obstacle}`);
}
