/** What a handler of the Node peers can do wrong; the same code for each. */

const FAULT = 'F'.charCodeAt(0);
const WHO = 'W'.charCodeAt(0);
const BLOCK_MILLISECONDS = 300;
const BLOCK_PERIOD = 1000;

/** Heap limit where a server can set one, in MiB. */
export const HEAP_LIMIT = 64;

const leaked: unknown[] = [];

const faults: Record<string, () => void> = {
  throw() {
    throw new Error('thrown by the handler');
  },
  timer() {
    setTimeout(() => {
      throw new Error('thrown by a timer');
    }, 0);
  },
  exit: () => process.exit(1),
  hang() {
    for (;;);
  },
  leak() {
    for (;;) leaked.push(Array.from({ length: 1000 }, (_, index) => ({ index })));
  },
  block() {
    setInterval(() => {
      const end = performance.now() + BLOCK_MILLISECONDS;
      while (performance.now() < end);
    }, BLOCK_PERIOD);
  },
};

/** `F` and a fault's name make the fault, `W` asks which thread this is; all else is echoed. */
export function faultOrEcho(message: Buffer, threadId: number): Buffer {
  if (message[0] === WHO) return Buffer.from(`W${threadId}`.padEnd(message.length));
  if (message[0] === FAULT) faults[message.toString('latin1', 1).trim()]?.();
  return message;
}
