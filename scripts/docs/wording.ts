import type { OptionFacts } from '../../src/options/option.ts';

const MIB = 2 ** 20;
const grouped = new Intl.NumberFormat('en-US', { useGrouping: 'min2' });

/** An option's meaning, unit and default in sentences. */
export function sentences(facts: OptionFacts): string {
  return facts.isRequired ? facts.text : `${facts.text} Default: ${defaultWithUnit(facts)}.`;
}

/** A default alone: `60,000`, `` `'localhost'` ``, or what is said of it. */
export function defaultOf({ isRequired, default: fixed, defaultText, unit }: OptionFacts): string {
  if (isRequired) return 'required';
  if (defaultText !== undefined) return defaultText;
  if (typeof fixed === 'string') return `\`'${fixed}'\``;
  if (typeof fixed !== 'number') return `\`${String(fixed)}\``;
  if (!Number.isFinite(fixed) || unit === undefined) return String(fixed);
  return unit === 'bytes' && fixed > 0 && fixed % MIB === 0 ? `${fixed / MIB} MiB` : grouped.format(fixed);
}

function defaultWithUnit(facts: OptionFacts): string {
  const text = defaultOf(facts);
  const isAlone = facts.unit === undefined || facts.defaultText !== undefined || text.endsWith(' MiB');
  return isAlone ? text : `${text} ${facts.unit}`;
}
