// Reads what the build's .d.ts files say, as `tsc` lays them out: a declaration begins its line, a member stands four
// columns in, a comment ends on the line above.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** One exported name, or a member of it, with its comment: undefined where there is none. */
export interface Documented {
  readonly name: string;
  readonly comment: string | undefined;
}

/** Builds the package's declarations into a folder. */
export function buildDeclarations(into: string): void {
  execFileSync(
    process.execPath,
    [TSC, '-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', into],
    {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
}

/** Everything that a module exports, and the members of it, inherited ones included. */
export function documentedIn(file: string): Documented[] {
  return exportsOf(file).flatMap(({ name, file: home, local }) => {
    const lines = linesOf(home);
    const at = declarationAt(lines, local);
    if (at === -1) throw new Error(`${local} isn't declared in ${home}`);
    return [{ name, comment: commentAbove(lines, at) }, ...membersOf(home, local, name)];
  });
}

interface Export {
  readonly name: string;
  readonly file: string;
  /** Its name where it is declared. */
  readonly local: string;
}

function exportsOf(file: string): Export[] {
  const text = readFileSync(file, 'utf-8');
  const found: Export[] = [];
  for (const [, names = '', from] of text.matchAll(/^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?;/gm)) {
    for (const part of names.split(',')) {
      const [local = '', name = local] = part
        .trim()
        .replace(/^type /, '')
        .split(' as ');
      if (local === '' || name === 'default') continue;
      found.push(
        from === undefined ? { name, file, local } : { ...sourceOf(resolve(file, from), local), name },
      );
    }
  }
  for (const [, from] of text.matchAll(/^export \* from '([^']+)';/gm)) {
    found.push(...exportsOf(resolve(file, from!)));
  }
  for (const [, name] of text.matchAll(
    /^export (?:declare )?(?:class|interface|type|const|function) (\w+)/gm,
  )) {
    if (!found.some((one) => one.name === name)) found.push({ name: name!, file, local: name! });
  }
  return found;
}

/** Where a name is declared that a module exports, perhaps from another one. */
function sourceOf(file: string, name: string): Export {
  const found = exportsOf(file).find((one) => one.name === name);
  if (!found) throw new Error(`${file} doesn't export ${name}`);
  return found;
}

function membersOf(file: string, local: string, name: string): Documented[] {
  const lines = linesOf(file);
  const at = declarationAt(lines, local);
  const head = lines[at]!;
  if (!head.endsWith('{') || /\b(const|function)\b/.test(head)) return [];
  const members: Documented[] = [];
  for (let line = at + 1; !lines[line]!.startsWith('}'); line += 1) {
    const member = /^ {4}(?:readonly |static |get |set )*([\w$]+|'[^']+')[?(<:]/.exec(lines[line]!)?.[1];
    // One whose type is a single literal tells all itself.
    if (member === undefined || member === 'constructor' || /: '[^']*';$/.test(lines[line]!)) continue;
    const full = `${name}.${member}`;
    // Of overloads the first one has the comment.
    if (members.some((one) => one.name === full)) continue;
    members.push({ name: full, comment: commentAbove(lines, line) });
  }
  return [...members, ...basesOf(file, head).flatMap((base) => membersOf(base.file, base.local, name))];
}

/** What of ours a class or interface extends; type arguments aside. */
function basesOf(file: string, head: string): Export[] {
  let bare = head;
  while (/<[^<>]*>/.test(bare)) bare = bare.replaceAll(/<[^<>]*>/g, '');
  const names = / extends (.*?)(?: implements | \{)/.exec(bare)?.[1]?.split(', ') ?? [];
  const text = readFileSync(file, 'utf-8');
  return names.flatMap((name) => {
    if (declarationAt(linesOf(file), name) !== -1) return [{ name, file, local: name }];
    const from = new RegExp(`^import [^;]*\\b${name}\\b[^;]* from '(\\.[^']+)';`, 'm').exec(text)?.[1];
    return from === undefined ? [] : [sourceOf(resolve(file, from), name)];
  });
}

function declarationAt(lines: readonly string[], name: string): number {
  const declaration = new RegExp(
    `^(?:export )?(?:declare )?(?:class|interface|type|const|function) ${name}\\b`,
  );
  return lines.findIndex((line) => declaration.test(line));
}

function commentAbove(lines: readonly string[], at: number): string | undefined {
  if (!lines[at - 1]?.trimEnd().endsWith('*/')) return undefined;
  let first = at - 1;
  while (!lines[first]!.trimStart().startsWith('/**')) first -= 1;
  return lines
    .slice(first, at)
    .map((line) =>
      line
        .trim()
        .replace(/^(\/\*\*|\*\/|\*) ?/, '')
        .replace(/ ?\*\/$/, ''),
    )
    .filter((line) => line !== '')
    .join(' ');
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf-8').split('\n');
}

function resolve(file: string, from: string): string {
  return join(dirname(file), from.replace(/\.[jt]s$/, '.d.ts'));
}
