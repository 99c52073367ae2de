import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { MOST_COPIED } from '../../src/connection/copies.ts';
import { Outbox } from '../../src/connection/outbox.ts';
import { SENT } from '../../src/connection/promises.ts';
import { Turn } from '../../src/connection/turn.ts';
import type { Link } from '../../src/transport/transport.ts';

const HIGH_WATER_MARK = 64 * 1024;

/** Takes writes at once, or later: then it looks at the bytes only when it takes them, as the system does. */
class FakeLink implements Link {
  readonly bytesRead = 0;
  readonly unsent = 0;
  bytesWritten = 0;
  takesAtOnce = true;
  writes = 0;
  readonly taken: Buffer[] = [];
  /** Where what it was given lay. */
  readonly memories = new Set<ArrayBufferLike>();
  #waiting: Uint8Array[] | undefined;

  writeText(text: string, encoding: BufferEncoding): boolean {
    return this.#write([Buffer.from(text, encoding)]);
  }

  writeBytes(parts: readonly Uint8Array[]): boolean {
    return this.#write([...parts]);
  }

  /** @returns whether a write was under way. */
  take(): boolean {
    if (!this.#waiting) return false;
    this.taken.push(Buffer.concat(this.#waiting));
    this.#waiting = undefined;
    return true;
  }

  get content(): Buffer {
    return Buffer.concat(this.taken);
  }

  get text(): string {
    return this.content.toString();
  }

  #write(parts: Uint8Array[]): boolean {
    assert.equal(this.#waiting, undefined, 'one write at a time');
    this.writes++;
    for (const { length, buffer } of parts) {
      this.bytesWritten += length;
      this.memories.add(buffer);
    }
    this.#waiting = parts;
    return this.takesAtOnce && this.take();
  }

  resume(): void {}
  end(): void {}
  close(): void {}
  reset(): void {}
}

/** An outbox whose sender does as a connection does. */
class Sender {
  readonly link = new FakeLink();
  readonly sent: Buffer[] = [];
  hasFailed = false;
  readonly #outbox: Outbox;

  constructor(turn: Turn) {
    const owner = { bytesTaken() {}, drained() {} };
    this.#outbox = new Outbox(owner, this.link, turn, 'utf-8');
  }

  send(message: string | Buffer): Promise<void> {
    if (this.hasFailed) return SENT;
    this.sent.push(Buffer.from(message));
    this.#outbox.add(message);
    if (this.#outbox.exceeds(HIGH_WATER_MARK)) this.#outbox.flush();
    else if (!this.#outbox.isLent || this.#outbox.settleLoan()) return SENT;
    return this.#outbox.isEmpty ? SENT : this.#outbox.drainedOnce();
  }

  taken(): void {
    if (this.link.take() && !this.hasFailed) this.#outbox.written();
  }

  /** Nothing more goes out than what the link has already. */
  fail(): void {
    this.hasFailed = true;
    this.#outbox.fail(() => new Error('failed'));
  }
}

const size = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 300 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(MOST_COPIED - 1, MOST_COPIED, MOST_COPIED + 1, HIGH_WATER_MARK, 2 ** 18),
  },
);
const message = fc.record({
  size,
  isText: fc.oneof({ weight: 1, arbitrary: fc.constant(true) }, { weight: 4, arbitrary: fc.constant(false) }),
});
const step = fc.record({
  who: fc.integer({ min: 0, max: 2 }),
  what: fc.oneof(
    { weight: 12, arbitrary: message },
    { weight: 4, arbitrary: fc.constant('turn' as const) },
    { weight: 4, arbitrary: fc.constant('taken' as const) },
    { weight: 1, arbitrary: fc.constant('slow' as const) },
    { weight: 1, arbitrary: fc.constant('fast' as const) },
    { weight: 1, arbitrary: fc.constant('fail' as const) },
  ),
});

describe('outbox', () => {
  test('what was sent goes out in order, whoever uses their memory again when the promise has resolved', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.boolean(), async (steps, isFast) => {
        const turn = new Turn();
        const senders = Array.from({ length: 3 }, () => new Sender(turn));
        for (const { link } of senders) link.takesAtOnce = isFast;
        let number = 0;
        for (const { who, what } of steps) {
          const sender = senders[who]!;
          if (what === 'turn') turn.end();
          else if (what === 'taken') sender.taken();
          else if (what === 'slow') sender.link.takesAtOnce = false;
          else if (what === 'fast') sender.link.takesAtOnce = true;
          else if (what === 'fail') sender.fail();
          else {
            const fill = String.fromCharCode(0x61 + (number++ % 26));
            const content = what.isText ? fill.repeat(what.size) : Buffer.alloc(what.size, fill);
            const sent = sender.send(content);
            if (typeof content !== 'string') sent.then(() => content.fill('!')).catch(() => {});
            await Promise.resolve();
          }
        }
        turn.end();
        for (const sender of senders) {
          sender.link.takesAtOnce = true;
          sender.taken();
          const { content } = sender.link;
          const sent = Buffer.concat(sender.sent);
          assert.ok(content.equals(sender.hasFailed ? sent.subarray(0, content.length) : sent));
        }
      }),
      { numRuns: 2000 },
    );
  });

  for (const pace of ['at once', 'later']) {
    test(`small parts of one turn are one write, and the same memory serves again, taken ${pace}`, () => {
      const turn = new Turn();
      const sender = new Sender(turn);
      sender.link.takesAtOnce = pace === 'at once';
      for (let round = 1; round <= 200; round++) {
        for (let part = 0; part < 100; part++) void sender.send(Buffer.alloc(64, 'x'));
        turn.end();
        assert.equal(sender.link.writes, round);
        sender.taken();
      }
      assert.ok(sender.link.content.equals(Buffer.concat(sender.sent)));
      // Others may have left some of the first in use.
      assert.ok(sender.link.memories.size <= 2, `${sender.link.memories.size} were used`);
    });
  }

  test('a large part is written at once; only one that is not taken is waited for', async () => {
    const sender = new Sender(new Turn());
    const large = Buffer.alloc(MOST_COPIED + 1, 'a');
    assert.equal(sender.send(large), SENT);
    assert.equal(sender.link.writes, 1);
    sender.link.takesAtOnce = false;
    const waits = sender.send(large);
    assert.notEqual(waits, SENT);
    const behind = Buffer.alloc(MOST_COPIED + 1, 'b');
    assert.equal(sender.send(behind), SENT, 'behind a write under way it is copied');
    behind.fill('!');
    sender.taken();
    sender.taken();
    await waits;
    assert.ok(sender.link.content.equals(Buffer.concat(sender.sent)));
  });

  test('memory that is given up beneath that of others is not used while theirs is', () => {
    const turn = new Turn();
    const [first, second, third] = [new Sender(turn), new Sender(turn), new Sender(turn)];
    void first.send(Buffer.from('first'));
    void second.send(Buffer.from('second'));
    first.fail();
    void third.send(Buffer.from('third, longer'));
    turn.end();
    assert.deepEqual([second.link.text, third.link.text], ['second', 'third, longer']);
  });

  test('memory of what still waits is not given back with what was on its way', () => {
    const turn = new Turn();
    const [first, second] = [new Sender(turn), new Sender(turn)];
    first.link.takesAtOnce = false;
    void first.send(Buffer.from('on its way'));
    turn.end();
    void first.send(Buffer.from('waits'));
    void first.send(Buffer.alloc(2 * HIGH_WATER_MARK));
    first.taken();
    void second.send(Buffer.from('another'));
    turn.end();
    first.taken();
    assert.equal(first.link.text.slice(0, 15), 'on its waywaits');
    assert.equal(second.link.text, 'another');
  });

  test('memory is given back once', () => {
    const turn = new Turn();
    const [first, second, third] = [new Sender(turn), new Sender(turn), new Sender(turn)];
    void first.send(Buffer.from('same size'));
    turn.end();
    void second.send(Buffer.from('SAME SIZE'));
    void first.send(Buffer.alloc(MOST_COPIED + 1));
    void third.send(Buffer.from('third'));
    turn.end();
    assert.deepEqual([second.link.text, third.link.text], ['SAME SIZE', 'third']);
  });
});
