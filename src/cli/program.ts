import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addConnect } from './connect.ts';
import { addServe } from './serve.ts';
import { exitWith } from './exit.ts';

/** Runs the command line. */
export async function run(argv: readonly string[]): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf-8')) as {
    version: string;
  };
  const program = new Command('multithread-server')
    .description('A TCP server that gives its clients threads. Without a handler it echoes.')
    .version(version)
    // What stands behind `connect` is connect's, though the server has options of the same names.
    .enablePositionalOptions()
    .exitOverride()
    // Errors are thrown, too, and printed in one place.
    .configureOutput({ outputError: () => {} });
  addServe(program);
  addConnect(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    exitWith(error);
  }
}
