/**
 * What is there, by number, in ascending order. Not a Map: a Map that outgrows its table leaves it behind with a link to the
 * next, and where connections come and go fast, the garbage collector takes what such tables hold, dead connections
 * with all they own, for alive until its next full collection.
 */
export class IdTable<V> {
  #values: Record<number, V> = Object.create(null) as Record<number, V>;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): V | undefined {
    return this.#values[id];
  }

  /** Adds a value under an id that has none. */
  add(id: number, value: V): void {
    this.#values[id] = value;
    this.#size++;
  }

  /** @returns what was there. */
  remove(id: number): V | undefined {
    const value = this.#values[id];
    if (value === undefined) return undefined;
    delete this.#values[id];
    this.#size--;
    return value;
  }

  /** A snapshot. */
  values(): V[] {
    return Object.values(this.#values);
  }
}
