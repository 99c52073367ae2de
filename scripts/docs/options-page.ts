// docs/options.md: a table of all options.
import { flagOf } from '../../src/cli/flags.ts';
import { mainEntries, mainGroupOf } from '../../src/echo/main-options.ts';
import { rateEntries } from '../../src/options/admission-options.ts';
import { connectEntries } from '../../src/options/connect-options.ts';
import { limitEntries } from '../../src/options/connection-options.ts';
import { listenEntries } from '../../src/options/listen-options.ts';
import { factsOf } from '../../src/options/option.ts';
import { elasticEntries } from '../../src/options/thread-options.ts';
import type { OptionEntries } from './comments.ts';
import { defaultOf } from './wording.ts';

const HEAD = ['option', 'flag', 'unit', 'default', 'meaning'] as const;

export function optionsPage(): string {
  const byGroup = Object.groupBy(Object.keys(listenEntries), mainGroupOf);
  const parts = [
    '# Options',
    '<!-- Made by `npm run docs` from the entries in src/options/. -->',
    `\`listen()\` takes the options below. The command \`multithread-server\` takes them as flags, or with \`--options FILE\`
from a JSON file with the same names; flags win over the file. In the file, the text \`"Infinity"\` stands for that number,
and paths begin at the working directory. A wrong option, or one that isn't known, is an \`OptionError\` that names option,
value and rule; the command prints it in one line and ends with 2.`,
    ...Object.entries(byGroup).flatMap(([group, names]) => [`## ${group}`, table(listenEntries, names!)]),
    '## `threads: { min, max, idleTimeout }`',
    table(elasticEntries, Object.keys(elasticEntries), () => false),
    '## `acceptRate: { perSecond, burst }`',
    table(rateEntries, Object.keys(rateEntries), () => false),
    '## `main()` and the command',
    'They take all options of `listen()`. These are theirs alone, or have the constants of the original module for defaults:',
    table(mainEntries, Object.keys(mainEntries).filter(isOriginal)),
    '## `connect()`',
    `Besides these, \`connect()\` takes all options under “${mainGroupOf('size')}”. \`multithread-server connect\` takes them as flags,
and host and port as \`[host:]port\`.`,
    table(
      connectEntries,
      Object.keys(connectEntries).filter((name) => !Object.hasOwn(limitEntries, name)),
      (name) => name !== 'host' && name !== 'port',
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Whether an option is `main()`'s own, or has a default of its own there. */
function isOriginal(name: string): boolean {
  const { [name]: ofListen }: OptionEntries = listenEntries;
  const { [name]: ofMain }: OptionEntries = mainEntries;
  return ofListen === undefined || factsOf(ofListen).default !== factsOf(ofMain!).default;
}

function table(
  entries: OptionEntries,
  names: readonly string[],
  hasFlag: (name: string) => boolean = () => true,
): string {
  const rows = names.map((name) => {
    const facts = factsOf(entries[name]!);
    const flag = hasFlag(name) ? facts.flag : undefined;
    const written = flag && `\`${flagOf(name)} <${flag.placeholder}>\``;
    const forms = flag?.forms === undefined ? '' : ` As a flag: \`${flag.forms}\`.`;
    return [`\`${name}\``, written ?? '', facts.unit ?? '', defaultOf(facts), facts.text + forms].map(toCell);
  });
  return aligned([HEAD, ...rows]);
}

function toCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

function aligned([head, ...rows]: (readonly string[])[]): string {
  const widths = head!.map((_, column) => Math.max(3, ...[head!, ...rows].map((row) => row[column]!.length)));
  const toLine = (row: readonly string[], pad = ' '): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!, pad)).join(' | ')} |`;
  return [
    toLine(head!),
    toLine(
      head!.map(() => ''),
      '-',
    ),
    ...rows.map((row) => toLine(row)),
  ].join('\n');
}
