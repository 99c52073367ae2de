import * as v from 'valibot';
import { showValue } from './show-value.ts';
import { OptionError } from './errors.ts';

const MAX_TIMER_MS = 2 ** 31 - 1;

// A rule's unit stands in its metadata, too: flags and documentation tell it.

/** A whole number within bounds. */
export function whole(minimum: number, maximum: number, unit?: string) {
  const rule = `must be a whole number${unit === undefined ? '' : ` of ${unit}`} from ${minimum} to ${maximum}`;
  return v.pipe(
    v.number(rule),
    v.integer(rule),
    v.minValue(minimum, rule),
    v.maxValue(maximum, rule),
    v.metadata({ unit }),
  );
}

/** A power of two within bounds. */
export function powerOfTwo(minimum: number, maximum: number, unit: string) {
  const rule = `must be a power of two, in ${unit}, from ${minimum} to ${maximum}`;
  return v.pipe(
    v.number(rule),
    v.minValue(minimum, rule),
    v.maxValue(maximum, rule),
    v.check((value) => Number.isInteger(Math.log2(value)), rule),
    v.metadata({ unit }),
  );
}

/** A time that Node's timers can take. */
export function milliseconds(minimum = 0) {
  return whole(minimum, MAX_TIMER_MS, 'milliseconds');
}

/** The same, or Infinity to wait without limit. */
export function millisecondsOrInfinite(minimum = 0) {
  const rule = `must be a whole number of milliseconds from ${minimum} to ${MAX_TIMER_MS}, or Infinity`;
  const isTime = (value: number): boolean =>
    value === Infinity || (Number.isInteger(value) && value >= minimum && value <= MAX_TIMER_MS);
  return v.pipe(
    v.number(rule),
    v.check(isTime, rule),
    v.metadata({ unit: 'milliseconds', isInfiniteAllowed: true }),
  );
}

/** A number of bytes up to 1 GiB. */
export function bytes(minimum: number) {
  return whole(minimum, 2 ** 30, 'bytes');
}

/** A number above 0; Infinity for no bound. */
export function positiveOrInfinite(unit: string) {
  const rule = `must be a number of ${unit} above 0, or Infinity`;
  return v.pipe(v.number(rule), v.gtValue(0, rule), v.metadata({ unit, isInfiniteAllowed: true }));
}

/** A number from 0 to 1. */
export function share() {
  const rule = 'must be a number from 0 to 1';
  return v.pipe(v.number(rule), v.minValue(0, rule), v.maxValue(1, rule));
}

/** A text that isn't empty. */
export function nonEmptyText() {
  const rule = "must be a text that isn't empty";
  return v.pipe(v.string(rule), v.nonEmpty(rule));
}

/**
 * Checks a value against a schema and fills in defaults.
 * @param name of the option the value is of; none for the options as a whole.
 * @throws OptionError naming the first wrong option, its value and the rule.
 */
export function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown, name = ''): T {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? '';
  const option = [name, path].filter((part) => part !== '').join('.') || 'options';
  if (issue.type === 'strict_object' && issue.expected !== 'Object') {
    throw new OptionError(option, issue.expected === 'never' ? "isn't known" : 'is missing');
  }
  const wrong = issue.path === undefined ? value : issue.path.at(-1)?.value;
  throw new OptionError(option, `${issue.message}, got ${showValue(wrong)}`);
}
