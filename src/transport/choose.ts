/** The only file that knows all drivers. Each side loads its own half of one. */
import type { ClientDriver, DriverName, DriverStart, MainDriver, ThreadDriver } from './transport.ts';

interface Halves {
  main(): Promise<MainDriver>;
  thread(): Promise<ThreadDriver>;
  client(): Promise<ClientDriver>;
}

const DRIVERS: Readonly<Record<DriverName, Halves>> = {
  node: {
    main: async () => (await import('./node/main-driver.ts')).nodeMainDriver,
    thread: async () => (await import('./node/thread-driver.ts')).nodeThreadDriver,
    client: async () => (await import('./node/client-driver.ts')).nodeClientDriver,
  },
};

export function openMainDriver(name: DriverName): Promise<MainDriver> {
  return DRIVERS[name].main();
}

export function openThreadDriver({ driver }: DriverStart): Promise<ThreadDriver> {
  return DRIVERS[driver].thread();
}

export function openClientDriver(name: DriverName): Promise<ClientDriver> {
  return DRIVERS[name].client();
}
