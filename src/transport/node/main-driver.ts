/** Main's half of the driver over Node's sockets. */
import type { MainDriver } from '../transport.ts';
import { NodeListener } from './listener.ts';
import { NodeGate } from './move.ts';

export const nodeMainDriver: MainDriver = {
  createListener: (options, events) => new NodeListener(options, events),
  openGate: () => new NodeGate(),
  close() {},
};
