/** What the files of a handler look like at one moment. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const SOURCE = /\.(?:[cm]?[jt]s|json)$/;
/** Neither holds sources of the handler's, and both may hold very many directories. */
const FOREIGN: ReadonlySet<string> = new Set(['node_modules', '.git']);
/** Each directory takes a watch of the system's, of which a user has some ten thousand. */
const MOST = { directories: 4096, sources: 65_536 };
/** What is listed may be gone when it is looked at, and editors make links that lead nowhere. */
const PASSING: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

export interface SourceTree {
  /** The directories in which sources are or may come to be, each with a mark that another in its place hasn't. */
  readonly directories: ReadonlyMap<string, string>;
  /** The sources, each with a mark that changes with what is in it. */
  readonly marks: ReadonlyMap<string, string>;
  /** What couldn't be looked at, and why. */
  readonly faults: ReadonlyMap<string, NodeJS.ErrnoException>;
}

/** Whether a file of this name counts. */
export function isSource(name: string): boolean {
  return SOURCE.test(name);
}

/**
 * Looks at `file`, at the sources beside it and at those below, through symbolic links too.
 * @param last the tree as it was: what can't be looked at now is taken to be as it was.
 */
export async function lookAtSources(file: string, last?: SourceTree): Promise<SourceTree> {
  const look = new Look(last);
  await look.begin(file);
  return look;
}

class Look implements SourceTree {
  readonly directories = new Map<string, string>();
  readonly marks = new Map<string, string>();
  readonly faults = new Map<string, NodeJS.ErrnoException>();
  readonly #last: SourceTree | undefined;
  readonly #seen = new Set<string>();
  #due: string[] = [];

  constructor(last: SourceTree | undefined) {
    this.#last = last;
  }

  async begin(file: string): Promise<void> {
    const home = dirname(file);
    try {
      this.marks.set(file, await markOf(file));
      this.#due.push(dirname(await realpath(file)));
    } catch (error) {
      this.faults.set(file, error as Error);
    }
    await this.#attempt(home, async () => this.#due.push(await realpath(home)));
    for (let directory = this.#due.pop(); directory !== undefined; directory = this.#due.pop()) {
      const path = directory;
      if (this.#seen.has(path)) continue;
      this.#seen.add(path);
      await this.#attempt(path, () => this.#list(path));
      this.#boundBy(path);
    }
  }

  async #list(directory: string): Promise<void> {
    this.directories.set(directory, await placeOf(directory));
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (FOREIGN.has(entry.name)) continue;
      const path = join(directory, entry.name);
      await this.#attempt(path, () => this.#take(path, entry));
    }
  }

  async #take(path: string, entry: Dirent): Promise<void> {
    if (entry.isDirectory()) this.#due.push(path);
    else if (entry.isSymbolicLink()) await this.#follow(path);
    else if (isSource(path)) this.marks.set(path, await markOf(path));
  }

  async #follow(link: string): Promise<void> {
    const target = await realpath(link);
    if ((await stat(target)).isDirectory()) this.#due.push(target);
    else if (isSource(link)) {
      this.marks.set(link, `${target} ${await markOf(target)}`);
      this.directories.set(dirname(target), await placeOf(dirname(target)));
    }
  }

  async #attempt(path: string, action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (PASSING.has((error as NodeJS.ErrnoException).code)) return;
      this.faults.set(path, error as Error);
      for (const [known, mark] of this.#last?.marks ?? []) {
        if (known === path || known.startsWith(join(path, '/'))) this.marks.set(known, mark);
      }
    }
  }

  #boundBy(path: string): void {
    if (this.directories.size < MOST.directories && this.marks.size < MOST.sources) return;
    this.#due = [];
    const rule = `more than ${MOST.directories} directories or ${MOST.sources} files: the rest isn't watched`;
    this.faults.set(path, new Error(rule));
  }
}

async function markOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeMs } = await stat(path);
  return `${dev}:${ino} ${size} ${mtimeMs}`;
}

async function placeOf(directory: string): Promise<string> {
  const { dev, ino } = await stat(directory);
  return `${dev}:${ino}`;
}
