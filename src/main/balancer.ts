/** Chooses the thread of a new connection: the working side of the `balance` option. */
import type { BalancedThread, Balancer, BalancerName } from '../options/balance-option.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { addressKey } from './admission/address-key.ts';

/** Each server has one of its own, as some remember whom they chose last. */
export function createBalancer(balance: BalancerName | Balancer): Balancer {
  if (typeof balance === 'function') {
    return (threads, peer) => balance(threads.map(view), peer);
  }
  if (balance === 'source-address') return sourceAddress;
  const choose = balance === 'round-robin' ? roundRobin : leastConnections;
  let previous = 0;
  return (threads) => {
    const chosen = choose(
      threads.filter(({ hasRoom }) => hasRoom),
      previous,
    );
    previous = chosen.id;
    return chosen;
  };
}

/**
 * The thread with the fewest connections; of equals the one that comes first after `previous`, so that short
 * connections don't all meet on the first thread.
 * @param previous the id of the thread chosen last.
 */
export function leastConnections(threads: readonly BalancedThread[], previous: number): BalancedThread {
  const fewest = Math.min(...threads.map(({ connections }) => connections));
  return roundRobin(
    threads.filter(({ connections }) => connections === fewest),
    previous,
  );
}

/** The thread that comes after `previous`, in the order of their ids. */
export function roundRobin(threads: readonly BalancedThread[], previous: number): BalancedThread {
  return threads.find(({ id }) => id > previous) ?? threads[0]!;
}

/**
 * The same thread for the same address (IPv6: the same /64), as long as it is there. Rendezvous hashing: when a thread
 * comes or goes, only its own clients move.
 */
export function sourceAddress(threads: readonly BalancedThread[], peer: Endpoint): BalancedThread {
  const key = addressKey(peer);
  const scored = threads.map((thread) => ({ thread, score: hash(`${key} ${thread.id}`) }));
  return scored.reduce((best, next) => (next.score > best.score ? next : best)).thread;
}

/** FNV-1a, then mixed: of keys that differ in the last digit only, FNV leaves the upper bits alike. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** A function of the user's sees of a thread what it is meant to see. */
function view({ id, connections, hasRoom }: BalancedThread): BalancedThread {
  return { id, connections, hasRoom };
}
