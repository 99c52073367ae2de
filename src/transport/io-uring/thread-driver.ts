/** A thread's half of the driver over io_uring. */
import type { Arrival, DriverStart, Moved, ThreadDriver } from '../transport.ts';
import { ArrivalQueue } from './arrivals.ts';
import { disconnect } from './libc.ts';
import { Links, type LinkParts } from './links.ts';
import { ARRIVALS } from './user-data.ts';

/** With what a thread opens its half. */
export interface UringStart extends DriverStart {
  readonly driver: 'io-uring';
  readonly parts: LinkParts;
  readonly arrivals: SharedArrayBuffer;
}

/** What is moved: a descriptor, which stays main's, and is closed by main when the thread tells that the connection has ended. */
interface UringMoved extends Moved {
  readonly fd: number;
}

export function openThread(start: DriverStart): ThreadDriver {
  const { parts, arrivals } = start as UringStart;
  const queue = new ArrivalQueue(arrivals);
  let arrived: ((arrival: Arrival) => void) | undefined;
  const takeAll = (): void => {
    for (let next = queue.take(); next; next = queue.take()) {
      const { id, fd, peer, local } = next;
      const moved: UringMoved = { driver: 'io-uring', fd };
      arrived!({ id, peer, local, moved });
    }
  };
  const links = new Links(parts, {
    completed(what) {
      if (what === ARRIVALS) takeAll();
    },
    // Main closes it.
    gone() {},
  });
  return {
    receive(callback) {
      arrived = callback;
    },
    adopt: (moved, events) => links.open((moved as UringMoved).fd, events),
    refuse: (moved) => disconnect((moved as UringMoved).fd),
  };
}
