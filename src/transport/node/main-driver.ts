/** Main's half of the driver over Node's sockets. */
import type { Gate, MainDriver } from '../transport.ts';
import { NodeListener } from './listener.ts';
import { move } from './move.ts';

const gate: Gate = { start: { driver: 'node' }, move };

export const nodeMainDriver: MainDriver = {
  createListener: (options, events) => new NodeListener(options, events),
  openGate: () => gate,
};
