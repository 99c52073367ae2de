import * as v from 'valibot';
import { booleanForm, numberForm, textForm, type FlagForm } from './flag.ts';

/** What is said of an option beside its rule. */
export interface About {
  /** What it means, in sentences; the first one alone stands in `--help`. */
  readonly text: string;
  /** What it is when it is left out, where that is no fixed value. */
  readonly defaultText?: string;
  /** How it is written on a command line, where its rule doesn't tell. */
  readonly flag?: Partial<FlagForm>;
}

/** The entries that describe the options `T`, one for each. */
export type Entries<T> = { readonly [K in keyof T]-?: v.GenericSchema<T[K], unknown> };

/**
 * An option as it stands once: rule, default, meaning, flag. Flags, options file and documentation derive from it; its
 * unit comes from the rule.
 */
export function option<const R extends v.GenericSchema, const D extends v.Default<R, undefined>>(
  rule: R,
  about: About & { readonly default: D },
): v.OptionalSchema<R, D>;
export function option<const R extends v.GenericSchema>(
  rule: R,
  about: About,
): v.OptionalSchema<R, undefined>;
export function option<R extends v.GenericSchema>(
  rule: R,
  { default: preset, ...about }: About & { readonly default?: v.Default<R, undefined> },
): v.OptionalSchema<R, v.Default<R, undefined>> {
  return v.optional(required(rule, about), preset);
}

/** The same for one that can't be left out. */
export function required<R extends v.GenericSchema>(rule: R, about: About): R {
  // It is the rule still, for all that it is asked.
  return v.pipe(rule, v.metadata({ ...about })) as unknown as R;
}

/** The same option with another default. */
export function withDefault<const R extends v.GenericSchema, const D extends v.Default<R, undefined>>(
  entry: v.OptionalSchema<R, unknown>,
  value: D,
): v.OptionalSchema<R, D> {
  return v.optional(entry.wrapped, value);
}

/** What an entry says of its option. */
export interface OptionFacts extends Pick<About, 'text' | 'defaultText'> {
  readonly isRequired: boolean;
  readonly unit: string | undefined;
  /** The default where it is a fixed value. */
  readonly default: unknown;
  /** Whether it may be Infinity. */
  readonly isInfiniteAllowed: boolean;
  /** Undefined for what can't be written on a command line. */
  readonly flag: FlagForm | undefined;
}

/** Reads an entry. */
export function factsOf(entry: v.GenericSchema): OptionFacts {
  const isRequired = !isOptional(entry);
  const rule = isRequired ? entry : entry.wrapped;
  const {
    unit,
    isInfiniteAllowed = false,
    ...about
  } = v.getMetadata(rule) as unknown as RuleMetadata & About;
  const fixed = isRequired || typeof entry.default === 'function' ? undefined : entry.default;
  const form = formOf(rule, unit, isInfiniteAllowed);
  return {
    ...about,
    isRequired,
    unit,
    default: fixed,
    isInfiniteAllowed,
    flag: form || about.flag ? { ...textForm, ...form, ...about.flag } : undefined,
  };
}

/** What the rules of `base/rules.ts` say of themselves. */
interface RuleMetadata {
  readonly unit?: string;
  readonly isInfiniteAllowed?: boolean;
}

function isOptional(entry: v.GenericSchema): entry is v.OptionalSchema<v.GenericSchema, unknown> {
  return entry.type === 'optional';
}

function formOf(
  { type }: v.GenericSchema,
  unit: string | undefined,
  isInfiniteAllowed: boolean,
): FlagForm | undefined {
  if (type === 'number') return numberForm(unit, isInfiniteAllowed);
  if (type === 'boolean') return booleanForm;
  return type === 'string' ? textForm : undefined;
}
