/** Main's half of the driver over Node's sockets. */
import type { Gate, MainDriver } from '../transport.ts';
import { NodeListener } from './listener.ts';
import { move } from './move.ts';

/** Node keeps the books: what it has moved to a thread is closed with the thread. */
const gate: Gate = { start: { driver: 'node' }, move, forget() {}, release() {} };

export const nodeMainDriver: MainDriver = {
  createListener: (options, events) => new NodeListener(options, events),
  openGate: () => gate,
  close() {},
};
