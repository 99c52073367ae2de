/** What counts as one address, wherever clients are counted by address. */
import type { Endpoint } from '../../base/endpoint.ts';

/** Hextets of an IPv6 network that one customer is given, as a rule. */
const NETWORK_HEXTETS = 4;

/** What counts as one address: an IPv4 address, or the /64 network of an IPv6 one. Clients of a Unix-domain socket are one. */
export function addressKey({ address, family }: Endpoint): string {
  if (family === 'unix') return family;
  if (family === 'IPv4') return address;
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const hextets = [...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last];
  return hextets.slice(0, NETWORK_HEXTETS).join(':');
}
