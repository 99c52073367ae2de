/** A value as it is shown in errors. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return `a value of type ${value.constructor?.name ?? 'Object'}`;
}
