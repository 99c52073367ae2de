import { inspect } from 'node:util';

const MAX_LENGTH = 80;

/** A value as it is shown in errors, in one line of bounded length. */
export function showValue(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'string' ? JSON.stringify(value) : showOther(value);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function showOther(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return `a value of type ${value.constructor?.name ?? 'Object'}`;
  return inspect(value, { depth: 1, maxArrayLength: 10, breakLength: Infinity });
}
