/** A thread's half of the driver over Node's sockets. */
import type { ThreadDriver } from '../transport.ts';
import { adopt, refuse } from './adopt.ts';
import type { NodeMoved } from './handle.ts';
import { receive } from './move.ts';

export const nodeThreadDriver: ThreadDriver = {
  receive,
  adopt: (moved, events) => adopt(moved as NodeMoved, events),
  refuse: (moved) => refuse(moved as NodeMoved),
};
