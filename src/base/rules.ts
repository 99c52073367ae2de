import * as v from 'valibot';
import { showValue } from './show-value.ts';
import { OptionError } from './errors.ts';

const MAX_TIMER_MS = 2 ** 31 - 1;

/** A whole number within bounds. */
export function whole(minimum: number, maximum: number, unit?: string) {
  const rule = `must be a whole number${unit === undefined ? '' : ` of ${unit}`} from ${minimum} to ${maximum}`;
  return v.pipe(v.number(rule), v.integer(rule), v.minValue(minimum, rule), v.maxValue(maximum, rule));
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
  return v.pipe(v.number(rule), v.check(isTime, rule));
}

/** A number of bytes up to 1 GiB. */
export function bytes(minimum: number) {
  return whole(minimum, 2 ** 30, 'bytes');
}

/** A number above 0; Infinity for no bound. */
export function positiveOrInfinite(unit: string) {
  const rule = `must be a number of ${unit} above 0, or Infinity`;
  return v.pipe(v.number(rule), v.gtValue(0, rule));
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

/** Where a value stands that is checked on its own. */
interface Place {
  /** The option's name. */
  readonly option: string;
  /** What is said of a value that is wrong as a whole. */
  readonly rule: string;
}

/**
 * Checks a value against a schema and fills in defaults.
 * @throws OptionError naming the first wrong option, its value and the rule.
 */
export function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown, place: Place): T {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  if (path === null) throw new OptionError(place.option, `${place.rule}, got ${showValue(value)}`);
  const option = place.option === OPTIONS.option ? path : `${place.option}.${path}`;
  if (issue.type === 'strict_object' && issue.expected === 'never')
    throw new OptionError(option, "isn't known");
  if (issue.type === 'strict_object' && issue.received === 'undefined')
    throw new OptionError(option, 'is missing');
  throw new OptionError(option, `${issue.message}, got ${showValue(issue.path?.at(-1)?.value)}`);
}

const OPTIONS: Place = { option: 'options', rule: 'must be an object' };

/** The same for the options of a function. */
export function checkOptions<T>(schema: v.GenericSchema<unknown, T>, options: unknown): T {
  return check(schema, options, OPTIONS);
}
