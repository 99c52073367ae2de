// The comments of an interface's members, out of the entries of the same names.
import type * as v from 'valibot';
import { factsOf } from '../../src/options/option.ts';
import { sentences } from './wording.ts';

export type OptionEntries = Readonly<Record<string, v.GenericSchema>>;

const WIDTH = 120;
const MEMBER = /^ {2}(\w+)\??:/;
const COMMENT = /^ {2}(\/\*\*| \*)/;

/** A source with the comments of one interface's members written anew. */
export function withComments(source: string, name: string, entries: OptionEntries): string {
  const lines = source.split('\n');
  const head = lines.findIndex((line) => line.startsWith(`export interface ${name}`));
  const begin = lines.findIndex((line, at) => at >= head && line.endsWith('{')) + 1;
  const end = lines.indexOf('}', begin);
  if (head === -1 || end === -1) throw new Error(`there is no interface ${name}`);
  const members = lines
    .slice(begin, end)
    .filter((line) => !COMMENT.test(line))
    .flatMap((line) => {
      const member = MEMBER.exec(line)?.[1];
      return member === undefined ? [line] : [...commentOf(name, member, entries), line];
    });
  return [...lines.slice(0, begin), ...members, ...lines.slice(end)].join('\n');
}

function commentOf(name: string, member: string, entries: OptionEntries): string[] {
  if (!Object.hasOwn(entries, member)) throw new Error(`${name}.${member} has no entry`);
  const text = sentences(factsOf(entries[member]!));
  const line = `  /** ${text} */`;
  if (line.length <= WIDTH) return [line];
  return ['  /**', ...wrap(text, WIDTH - '   * '.length).map((part) => `   * ${part}`), '   */'];
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
