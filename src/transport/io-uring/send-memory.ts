/**
 * Memory of a thread from which the kernel sends. It is reserved whole, and takes none of the machine's until it is used. Blocks come
 * in sizes, each size from pages of its own; a page all of whose blocks are free may serve another size.
 */
import { bytesOf, type Area } from './memory.ts';

/** The largest block: what is sent in one piece. */
export const LARGEST_BLOCK = 64 * 1024;
const PAGE_SHIFT = 16;
const SIZE_SHIFTS = [8, 10, 12, 14, PAGE_SHIFT] as const;

interface Page {
  readonly start: number;
  sizeClass: number;
  /** Numbers of the blocks that are free. */
  readonly free: number[];
  blocks: number;
  /** Where it stands among the pages of its size that have a free block; -1 when it has none. */
  place: number;
}

export class SendMemory {
  readonly bytes: Buffer;
  readonly #address: number;
  readonly #pages: Page[] = [];
  readonly #mostPages: number;
  readonly #unused: Page[] = [];
  /** By size: pages that have a free block. */
  readonly #open: Page[][] = SIZE_SHIFTS.map(() => []);

  constructor(area: Area) {
    this.bytes = bytesOf(area);
    this.#address = Number(area.address);
    this.#mostPages = area.length >> PAGE_SHIFT;
  }

  addressOf(offset: number): number {
    return this.#address + offset;
  }

  /**
   * @param length at most {@link LARGEST_BLOCK}.
   * @returns where in {@link bytes} a block for so many bytes begins; -1 when there is none now.
   */
  take(length: number): number {
    let sizeClass = 0;
    while (1 << SIZE_SHIFTS[sizeClass]! < length) sizeClass++;
    const open = this.#open[sizeClass]!;
    const page = open.at(-1) ?? this.#openPage(sizeClass);
    if (!page) return -1;
    const block = page.free.pop()!;
    if (page.free.length === 0) this.#shut(page);
    return page.start + (block << SIZE_SHIFTS[sizeClass]!);
  }

  giveBack(offset: number): void {
    const page = this.#pages[offset >> PAGE_SHIFT]!;
    const open = this.#open[page.sizeClass]!;
    page.free.push((offset - page.start) >> SIZE_SHIFTS[page.sizeClass]!);
    if (page.place === -1) {
      page.place = open.length;
      open.push(page);
    }
    // The last one of its size is kept: the next send is likely to want it.
    if (page.free.length < page.blocks || open.length === 1) return;
    this.#shut(page);
    page.free.length = 0;
    this.#unused.push(page);
  }

  #openPage(sizeClass: number): Page | undefined {
    const page = this.#unused.pop() ?? this.#newPage() ?? this.#reclaim();
    if (!page) return undefined;
    page.sizeClass = sizeClass;
    page.blocks = 1 << (PAGE_SHIFT - SIZE_SHIFTS[sizeClass]!);
    for (let block = page.blocks - 1; block >= 0; block--) page.free.push(block);
    const open = this.#open[sizeClass]!;
    page.place = open.length;
    open.push(page);
    return page;
  }

  #newPage(): Page | undefined {
    const { length } = this.#pages;
    if (length === this.#mostPages) return undefined;
    const page: Page = { start: length << PAGE_SHIFT, sizeClass: 0, free: [], blocks: 0, place: -1 };
    this.#pages.push(page);
    return page;
  }

  /** A free page that another size has kept. */
  #reclaim(): Page | undefined {
    for (const open of this.#open) {
      const page = open.find(({ free, blocks }) => free.length === blocks);
      if (!page) continue;
      this.#shut(page);
      page.free.length = 0;
      return page;
    }
    return undefined;
  }

  /** Takes a page from among those that have a free block. */
  #shut(page: Page): void {
    const open = this.#open[page.sizeClass]!;
    const last = open.pop()!;
    if (last !== page) {
      open[page.place] = last;
      last.place = page.place;
    }
    page.place = -1;
  }
}
