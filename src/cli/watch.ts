import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isSource, lookAtSources, type SourceTree } from './source-tree.ts';

/** An editor writes a file in several steps, and a checkout many files: one change for all of them. */
const SETTLE_MS = 100;
/** Something that changes without end still is looked at so often. */
const LONGEST_SETTLE_MS = 2000;
/** No event tells that a directory above is renamed or a link in the path leads elsewhere: so often it is asked. */
const ASK_MS = 1000;
const RETRY_MS = { first: 500, longest: 30_000 };

export interface WatchEvents {
  /** Sources have changed. Not while the file itself is gone. */
  changed(): void;
  /** Something can't be watched, which is told once; the rest is, and it is tried again. */
  failed(why: string): void;
}

/**
 * Watches the sources beside and below `file`, dependencies aside. Resolves when it does, also when little of it can be
 * watched.
 */
export async function watchSources(file: string, events: WatchEvents): Promise<void> {
  await new SourceWatch(resolve(file), events).begin();
}

/** Events only say that it is time to look; what has changed is what looks different. */
class SourceWatch {
  readonly #file: string;
  readonly #events: WatchEvents;
  readonly #watchers = new Map<string, { place: string; watcher: FSWatcher }>();
  /** What couldn't be watched though it could be looked at. */
  readonly #unwatched = new Map<string, NodeJS.ErrnoException>();
  #tree: SourceTree | undefined;
  #told = new Set<string>();
  #place: string | undefined;
  #isLooking = false;
  #isDue = false;
  #settleTimer: NodeJS.Timeout | undefined;
  #unsettledSince: number | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS.first;

  constructor(file: string, events: WatchEvents) {
    this.#file = file;
    this.#events = events;
  }

  async begin(): Promise<void> {
    this.#place = await placeOf(this.#file);
    await this.#look();
    setInterval(() => void this.#ask(), ASK_MS).unref();
  }

  /** Looks when nothing has changed for a while. */
  #lookSoon(): void {
    const now = performance.now();
    this.#unsettledSince ??= now;
    if (now - this.#unsettledSince > LONGEST_SETTLE_MS && this.#settleTimer) return;
    clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => {
      this.#settleTimer = undefined;
      this.#unsettledSince = undefined;
      void this.#look();
    }, SETTLE_MS).unref();
  }

  async #ask(): Promise<void> {
    const place = await placeOf(this.#file);
    if (place === this.#place) return;
    this.#place = place;
    this.#lookSoon();
  }

  async #look(): Promise<void> {
    this.#isDue = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#isDue) {
      this.#isDue = false;
      const tree = await lookAtSources(this.#file, this.#tree);
      // What came into a directory after it was listed and before it was watched is seen at a second look.
      if (this.#watch(tree.directories)) this.#lookSoon();
      this.#compare(tree);
      this.#tell(new Map([...this.#unwatched, ...tree.faults]));
    }
    this.#isLooking = false;
  }

  #compare(tree: SourceTree): void {
    const last = this.#tree;
    if (!last) this.#tree = tree;
    // While the handler is gone it can't be loaded: there is nothing new until it is back.
    else if (!tree.faults.has(this.#file)) {
      this.#tree = tree;
      if (!isSame(last.marks, tree.marks)) this.#events.changed();
    }
  }

  /** @returns whether there are new ones. */
  #watch(directories: ReadonlyMap<string, string>): boolean {
    for (const [directory, { place }] of this.#watchers) {
      if (directories.get(directory) !== place) this.#forget(directory);
    }
    this.#unwatched.clear();
    const before = this.#watchers.size;
    for (const [directory, place] of directories) {
      if (!this.#watchers.has(directory)) this.#watchOne(directory, place);
    }
    return this.#watchers.size > before;
  }

  #watchOne(directory: string, place: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, (event, name) => {
        // Removed or moved away: what comes in its place may even have its number.
        if (event === 'rename' && name === basename(directory)) this.#forget(directory);
        const isTree = name === null || event === 'rename' || this.#isKnown(join(directory, name));
        if (isTree || isSource(name)) this.#lookSoon();
      });
      watcher.on('error', () => {
        this.#forget(directory);
        this.#retry();
      });
      this.#watchers.set(directory, { place, watcher });
    } catch (error) {
      this.#unwatched.set(directory, error as Error);
    }
  }

  /** Perhaps a directory's rights have changed. */
  #isKnown(path: string): boolean {
    return this.#watchers.has(path) || this.#told.has(path);
  }

  #forget(directory: string): void {
    this.#watchers.get(directory)?.watcher.close();
    this.#watchers.delete(directory);
  }

  #tell(faults: ReadonlyMap<string, NodeJS.ErrnoException>): void {
    const news = [...faults].filter(([path]) => !this.#told.has(path));
    this.#told = new Set(faults.keys());
    const [first] = news;
    if (first) {
      const more = news.length > 1 ? ` and ${news.length - 1} more` : '';
      this.#events.failed(`${first[0]} ${meaning(first[1])}${more}: watching it is tried again`);
    }
    if (faults.size > 0) this.#retry();
    else this.#retryMs = RETRY_MS.first;
  }

  #retry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#look(), this.#retryMs).unref();
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS.longest);
  }
}

/** Changes when the path leads elsewhere, or the file is another one. */
async function placeOf(file: string): Promise<string> {
  try {
    const [at, in_] = await Promise.all([stat(file), stat(dirname(file))]);
    return [at.dev, at.ino, at.size, at.mtimeMs, in_.dev, in_.ino, in_.mode].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([path, mark]) => b.get(path) === mark);
}

const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  ENOENT: 'is gone',
  ENOSPC: "can't be watched: the user has no watches left (fs.inotify.max_user_watches)",
};

function meaning({ code, message }: NodeJS.ErrnoException): string {
  return MEANINGS[code ?? ''] ?? `can't be watched: ${message}`;
}
