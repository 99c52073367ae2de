/** Memory for bytes that wait to be written, copied, as who sent them may use theirs again. The connections of a thread share it. */

/** Bytes up to which a part is copied. Copying them takes a tenth of the time that a write of their own would take. */
export const MOST_COPIED = 16 * 1024;

const ROOM_BYTES = 128 * 1024;
/** Empty rooms that are kept. */
const MOST_SPARE = 8;

/** Filled from its beginning, and again when nobody needs any of it. */
interface Room {
  readonly bytes: Buffer;
  used: number;
  /** Runs of copies that lie in it. */
  runs: number;
}

let latest: Room | undefined;
const spare: Room[] = [];

/** The copies of one connection: runs of bytes that lie side by side. */
export class Copies {
  /** Where the run that waits lies. */
  #room: Room | undefined;
  #start = 0;
  #end = 0;
  /** Where those runs lie that were taken, in order; so many of them are on their way. */
  readonly #taken: Room[] = [];
  #onTheWay = 0;

  get isEmpty(): boolean {
    return this.#room === undefined;
  }

  /** @returns false when there is no room beside those that lie here: take these first. */
  add(bytes: Uint8Array): boolean {
    const room = this.#room ?? this.#begin(bytes.byteLength);
    const end = this.#end + bytes.byteLength;
    if (room.used !== this.#end || end > ROOM_BYTES) return false;
    room.bytes.set(bytes, this.#end);
    this.#end = end;
    room.used = end;
    return true;
  }

  /** Takes the run that waits. It stays as it is until it is given back. */
  take(): Buffer {
    const room = this.#room!;
    this.#room = undefined;
    this.#taken.push(room);
    return room.bytes.subarray(this.#start, this.#end);
  }

  /** All that was taken is on its way now. */
  handOver(): void {
    this.#onTheWay = this.#taken.length;
  }

  /** What was on its way isn't needed any more. */
  giveBack(): void {
    while (this.#onTheWay > 0) {
      this.#onTheWay--;
      leave(this.#taken.shift()!);
    }
  }

  /** Forgets what isn't on its way. */
  drop(): void {
    while (this.#taken.length > this.#onTheWay) leave(this.#taken.pop()!);
    if (this.#room) leave(this.#room);
    this.#room = undefined;
  }

  #begin(bytes: number): Room {
    if (latest === undefined || latest.used + bytes > ROOM_BYTES) latest = emptyRoom();
    latest.runs++;
    this.#room = latest;
    this.#start = latest.used;
    this.#end = latest.used;
    return latest;
  }
}

function leave(room: Room): void {
  if (--room.runs > 0) return;
  room.used = 0;
  if (room !== latest && spare.length < MOST_SPARE) spare.push(room);
}

function emptyRoom(): Room {
  return spare.pop() ?? { bytes: Buffer.allocUnsafeSlow(ROOM_BYTES), used: 0, runs: 0 };
}
