// The flags of options, out of their entries.
import { Option, type Command } from 'commander';
import type * as v from 'valibot';
import { factsOf, type OptionFacts } from '../options/option.ts';

type OptionEntries = Readonly<Record<string, v.GenericSchema>>;

/** Adds a flag for every option that can be written on a command line. */
export function addFlags(command: Command, entries: OptionEntries, groupOf?: (name: string) => string): void {
  for (const [name, entry] of Object.entries(entries)) {
    const facts = factsOf(entry);
    if (facts.flag === undefined) continue;
    const flag = new Option(`${flagOf(name)} <${facts.flag.placeholder}>`, describe(facts, entries));
    // In `--no-delay` the "no" is part of the name.
    flag.negate = false;
    if (groupOf) flag.helpGroup(`${groupOf(name)}:`);
    command.addOption(flag.argParser((text) => facts.flag!.parse(text)));
  }
}

/** `maxConnections` → `--max-connections` */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The first sentence of the option's meaning, what may be written, and the default. */
function describe(facts: OptionFacts, entries: OptionEntries): string {
  const [sentence = ''] = /^.*?(?=\.( |$))/.exec(facts.text) ?? [];
  const meaning = sentence.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  const forms = facts.flag?.forms === undefined ? '' : `: ${facts.flag.forms}`;
  return `${meaning}${forms} (default: ${facts.defaultText ?? String(facts.default)})`.replaceAll(
    /`([^`]*)`/g,
    (_, name: string) => (Object.hasOwn(entries, name) ? flagOf(name) : name),
  );
}
