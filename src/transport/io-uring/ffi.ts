import type * as Ffi from 'node:ffi';

/** Node's `node:ffi`; undefined where this Node has none, or has it switched off. */
export const ffi: typeof Ffi | undefined = quietly(() => process.getBuiltinModule('node:ffi'));

/**
 * The first use prints an ExperimentalWarning once in each thread; who has read this package's documentation knows. It has no
 * code to be told by, so warnings of this kind are kept back for the time of the call, and all others go through.
 */
function quietly<T>(load: () => T): T {
  // oxlint-disable-next-line typescript/unbound-method -- it is put back as it was
  const { emitWarning } = process;
  process.emitWarning = ((...args: [warning: string | Error, type?: string]) => {
    if (args[1] !== 'ExperimentalWarning') Reflect.apply(emitWarning, process, args);
  }) as typeof emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
