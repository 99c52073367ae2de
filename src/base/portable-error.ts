/** What was thrown, in a form that can cross threads. */
import { isError, isInstance, listed, read, textOf } from './thrown.ts';

/** Errors that are carried, of one thrown value and of all it holds; and how deep they are nested. */
const MOST_ERRORS = 64;
const MOST_NESTED = 16;

/** Of any other value there is nothing to unpack. */
type Portable = PortableValue | PortableError;

interface PortableValue {
  readonly portable: 'value';
  readonly value: unknown;
}

interface PortableError {
  readonly portable: 'error' | 'aggregate';
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: unknown;
  readonly cause: Portable | undefined;
  readonly errors: readonly Portable[] | undefined;
  readonly error: Portable | undefined;
  readonly suppressed: Portable | undefined;
}

/**
 * What can cross threads of anything that was thrown; it never throws. Errors keep name, message, code and stack, and the
 * errors they hold, up to a bound: `cause`, the `errors` of an AggregateError, `error` and `suppressed` of a SuppressedError.
 * What structured clone can't copy becomes an Error with its inspection.
 */
export function toPortableError(thrown: unknown): unknown {
  return new Packer().pack(thrown, 0);
}

/** The error again, on the other side. */
export function fromPortableError(thrown: unknown): unknown {
  if (!isPortable(thrown)) return thrown;
  if (thrown.portable === 'value') return thrown.value;
  const { name, message, stack, code, cause, errors } = thrown;
  const options = cause === undefined ? undefined : { cause: fromPortableError(cause) };
  const held = errors?.map(fromPortableError);
  const isAggregate = thrown.portable === 'aggregate';
  const error = isAggregate ? new AggregateError(held ?? [], message, options) : new Error(message, options);
  hang(error, 'name', name);
  hang(error, 'stack', stack);
  if (held !== undefined && !isAggregate) hang(error, 'errors', held);
  for (const key of ['error', 'suppressed'] as const) {
    if (thrown[key] !== undefined) hang(error, key, fromPortableError(thrown[key]));
  }
  if (code !== undefined) hang(error, 'code', code, true);
  return error;
}

/** Whether structured clone can copy a value. */
export function isCloneable(value: unknown): boolean {
  return copyOf(value) !== undefined;
}

/** Packs one thrown value and all that it holds. */
class Packer {
  #room = MOST_ERRORS;
  /** Errors may hold each other in a circle: each is told once. */
  readonly #packed = new Set<unknown>();

  pack(thrown: unknown, depth: number): Portable {
    if (!isError(thrown)) return packValue(thrown);
    this.#room--;
    this.#packed.add(thrown);
    const stack = read(thrown, 'stack');
    const errors = listed(read(thrown, 'errors'));
    return {
      portable: errors !== undefined && isInstance(thrown, AggregateError) ? 'aggregate' : 'error',
      name: textOf(read(thrown, 'name') ?? 'Error'),
      message: textOf(read(thrown, 'message') ?? ''),
      stack: typeof stack === 'string' ? textOf(stack) : undefined,
      code: copyOf(read(thrown, 'code'))?.value,
      cause: this.#packHeld(read(thrown, 'cause'), depth),
      errors: errors && this.#packList(errors, depth),
      error: this.#packError(read(thrown, 'error'), depth),
      suppressed: this.#packError(read(thrown, 'suppressed'), depth),
    };
  }

  #packHeld(held: unknown, depth: number): Portable | undefined {
    if (held === undefined || this.#packed.has(held)) return undefined;
    if (!isError(held)) return packValue(held);
    return this.#room > 0 && depth < MOST_NESTED ? this.pack(held, depth + 1) : leftOut('further errors are');
  }

  /** Only errors: other libraries keep other things under these names. */
  #packError(held: unknown, depth: number): Portable | undefined {
    return isError(held) ? this.#packHeld(held, depth) : undefined;
  }

  #packList({ first, length }: { first: unknown[]; length: number }, depth: number): Portable[] {
    const packed: Portable[] = [];
    let at = 0;
    for (; at < first.length && this.#room > 0; at++) {
      const held = this.#packHeld(first[at], depth);
      if (held !== undefined) packed.push(held);
    }
    if (at < length) packed.push(leftOut(`${length - at} further errors are`));
    return packed;
  }
}

function packValue(value: unknown): Portable {
  const copy = copyOf(value);
  return copy ? { portable: 'value', ...copy } : new Packer().pack(new Error(textOf(value)), 0);
}

function leftOut(what: string): Portable {
  return packValue(new Error(`${what} left out`));
}

/** What can be posted in any case: of the value itself, a getter may answer once and throw afterwards. */
function copyOf(value: unknown): { value: unknown } | undefined {
  try {
    return { value: structuredClone(value) };
  } catch {
    return undefined;
  }
}

function hang(error: Error, name: string, value: unknown, enumerable = false): void {
  Object.defineProperty(error, name, { value, enumerable, configurable: true, writable: true });
}

function isPortable(value: unknown): value is Portable {
  return typeof value === 'object' && value !== null && 'portable' in value;
}
