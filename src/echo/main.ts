/// <reference types="node" preserve="true" />
import type { MultiThreadServer } from '../main/server.ts';
import { parseMainOptions, type MainOptions } from './main-options.ts';
import { startAloud } from './start-aloud.ts';

export * from './handler.ts';
export { default } from './handler.ts';
export type { MainOptions } from './main-options.ts';

/**
 * Starts the echo server and prints what happens. `[New Connection]` and `[Client disconnected]` come once for each
 * client, whatever ended it. Nothing is printed when an option is wrong.
 * @throws what `listen()` throws.
 */
export async function main(options: MainOptions = {}): Promise<MultiThreadServer> {
  return startAloud(parseMainOptions(options));
}
