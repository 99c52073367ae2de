/** What runs first in every thread: loads the handler, obeys main, and says how it ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { Counters } from '../base/counters.ts';
import { toPortableError } from '../base/portable-error.ts';
import { describeThrown } from '../base/thrown.ts';
import { takeUnhandled } from '../connection/blame.ts';
import {
  dispatchAct,
  type ActTable,
  type FromThread,
  type ThreadStart,
  type ToThread,
} from '../protocol/messages.ts';
import { startClock, tickInterval } from '../connection/clock.ts';
import { openThreadDriver } from '../transport/choose.ts';
import type { ThreadDriver } from '../transport/transport.ts';
import { prepare, type Prepared } from './prepare.ts';
import { Roster } from './roster.ts';

const start = workerData as ThreadStart;
const counters = new Counters(start.counters);
let roster: Roster | undefined;

process.on('uncaughtException', unhandled);
process.on('unhandledRejection', unhandled);
// However a thread ends, it resets its connections: a FIN would look like the end of a complete stream.
process.on('exit', () => {
  post({ act: 'exiting' });
  roster?.resetAll();
});

// A handler that waits for ever while it loads is `startTimeout`'s; without this Node would find nothing to wait for.
parentPort!.ref();

try {
  const [driver, prepared] = await Promise.all([openThreadDriver(start.transport), prepare(start)]);
  obey(driver, prepared);
} catch (error) {
  post({ act: 'load-failed', why: describeThrown(error), error: toPortableError(error) });
  process.exit(1);
}

function obey(driver: ThreadDriver, prepared: Prepared): void {
  const served = new Roster(prepared, driver, start.limits, counters, post);
  roster = served;
  const acts: ActTable<ToThread> = {
    drain: ({ isClosing }) => served.drain(isClosing),
    'end-connections': () => served.failAll('server-drain'),
    stop: () => void stop(served, prepared),
  };
  parentPort!.on('message', (message) => dispatchAct(acts, message));
  driver.receive((arrival) => served.serve(arrival));
  startClock(tickInterval(start.limits, start.stallTimeout), (now, isLate) => {
    counters.beat();
    if (!isLate) served.checkDeadlines(now);
  });
  post({ act: 'ready' });
}

async function stop(served: Roster, { module, thread }: Prepared): Promise<void> {
  await served.finished();
  await module.teardown?.(thread);
  process.exit(0);
}

/** That a connection has ended, or can't send what it was given, costs the thread nothing, whoever forgot to care. */
function unhandled(error: unknown): void {
  if (takeUnhandled(error)) return;
  post({ act: 'crashed', error: toPortableError(error) });
  process.exit(1);
}

function post(message: FromThread): void {
  parentPort!.postMessage(message);
}
