import { inspect } from 'node:util';

/**
 * What can cross threads of anything that was thrown: errors keep name, message, code, stack and cause; what structured
 * clone can't copy becomes an Error with its inspection.
 */
export function toPortableError(thrown: unknown): unknown {
  return toPortable(thrown, new Set());
}

/** @param seen the errors it is the cause of: causes may go round in a circle. */
function toPortable(thrown: unknown, seen: Set<unknown>): unknown {
  if (!(thrown instanceof Error)) return isCloneable(thrown) ? thrown : new Error(inspect(thrown));
  seen.add(thrown);
  const { message, stack, name } = thrown;
  const code = 'code' in thrown && isCloneable(thrown.code) ? thrown.code : undefined;
  const cause =
    thrown.cause === undefined || seen.has(thrown.cause) ? undefined : toPortable(thrown.cause, seen);
  return { portableError: true, name, message, stack, code, cause };
}

/** The error again, on the other side. */
export function fromPortableError(thrown: unknown): unknown {
  if (!isPortable(thrown)) return thrown;
  const { name, message, stack, code, cause } = thrown;
  const options = cause === undefined ? undefined : { cause: fromPortableError(cause) };
  const error = new Error(message, options);
  return Object.defineProperties(error, {
    name: { value: name, configurable: true, writable: true },
    stack: { value: stack, configurable: true, writable: true },
    ...(code !== undefined && {
      code: { value: code, configurable: true, writable: true, enumerable: true },
    }),
  });
}

interface PortableError {
  readonly portableError: true;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: unknown;
  readonly cause: unknown;
}

function isPortable(value: unknown): value is PortableError {
  return typeof value === 'object' && value !== null && 'portableError' in value;
}

/** Whether structured clone can copy a value. */
export function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
