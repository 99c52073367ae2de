/** The options of `close()` and `reload()`. */
import * as v from 'valibot';
import { check, millisecondsOrInfinite } from '../base/rules.ts';

/** How long to wait for those who are still there. */
export interface CloseOptions {
  /**
   * Milliseconds that live connections get to end by themselves; 0 for none, Infinity for no limit. Default: the
   * `closeTimeout` option (10,000).
   */
  timeout?: number | undefined;
}

const schema = v.strictObject({ timeout: v.optional(millisecondsOrInfinite()) }, 'must be an object');

/** @throws OptionError naming the option, its value and the rule. */
export function parseTimeout(options: CloseOptions, preset: number): number {
  return check(schema, options).timeout ?? preset;
}
