/** Looking at what was thrown, which may be made as hard to look at as its maker likes: nothing here ever throws. */
import { inspect, types } from 'node:util';

/** Characters of a text that is shown or carried. */
const MOST_TEXT = 64 * 1024;
/** Errors that are looked at in a list of them, and how deep lists of errors are nested. */
const MOST_LISTED = 32;
const MOST_NESTED = 4;

export function isError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) || isInstance(thrown, Error);
}

export function isInstance<T>(value: unknown, type: new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** One of its properties; undefined when it doesn't let itself be read. */
export function read(thrown: object, name: string): unknown {
  try {
    return (thrown as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** The first `most` elements of a list of errors, and how many it has; undefined when it is no list. */
export function listed(value: unknown, most = MOST_LISTED): { first: unknown[]; length: number } | undefined {
  try {
    if (!Array.isArray(value)) return undefined;
    const { length } = value;
    const list = value as object;
    const first = Array.from({ length: Math.min(length, most) }, (_, at) => read(list, String(at)));
    return { first, length };
  } catch {
    return undefined;
  }
}

/** A text of bounded length: what should be one, or how it looks. */
export function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : show(value);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

/** What is to be said of it: a text that isn't empty. */
export function describeThrown(thrown: unknown): string {
  return describe(thrown, MOST_NESTED);
}

function describe(thrown: unknown, nested: number): string {
  if (!isError(thrown)) return thrown === '' ? "''" : textOf(thrown);
  const message = read(thrown, 'message');
  if (message !== undefined && message !== '') return textOf(message);
  // A host with several addresses gives an error for each, and no message for all of them.
  const errors = nested > 0 ? listed(read(thrown, 'errors')) : undefined;
  const texts = errors?.first.map((error) => describe(error, nested - 1));
  if (texts !== undefined && texts.length > 0) return textOf(texts.join(', '));
  return textOf(read(thrown, 'name') || 'Error');
}

function show(value: unknown): string {
  try {
    return inspect(value);
  } catch {
    return `a value of type ${typeof value} that can't be shown`;
  }
}
