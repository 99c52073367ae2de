/** A thread's half of the driver over Node's sockets. */
import type { DriverStart, ThreadDriver } from '../transport.ts';
import { Adoption } from './adopt.ts';
import type { NodeMoved } from './handle.ts';
import { receive, type NodeStart } from './move.ts';

export function openThread(start: DriverStart): ThreadDriver {
  const adoption = new Adoption((start as NodeStart).taken);
  return {
    receive,
    adopt: (moved, events) => adoption.adopt(moved as NodeMoved, events),
    refuse: (moved) => adoption.refuse(moved as NodeMoved),
  };
}
