/** What a balancer sees of a thread. */
export interface BalancedThread {
  readonly id: number;
  readonly connections: number;
}

/**
 * The thread with the fewest connections; of equals the one that comes first after `previous`, so that short
 * connections don't all meet on the first thread.
 * @param threads those that can take a connection, at least one.
 * @param previous the id of the thread chosen last.
 */
export function leastConnections<T extends BalancedThread>(threads: readonly T[], previous: number): T {
  let best = threads[0]!;
  for (const thread of threads) {
    if (thread.connections > best.connections || thread === best) continue;
    const isFewer = thread.connections < best.connections;
    const isNext = best.id <= previous && thread.id > previous;
    if (isFewer || isNext) best = thread;
  }
  return best;
}
