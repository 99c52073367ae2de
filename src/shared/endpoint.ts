import type { Endpoint } from './protocol.ts';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/**
 * An endpoint from what a socket tells, undefined when the socket is gone already. An IPv4 client of an IPv6 listener
 * is shown by its IPv4 address.
 */
export function endpoint(address: string | undefined, port: number | undefined): Endpoint | undefined {
  if (address === undefined || port === undefined) return undefined;
  const ipv4 = MAPPED_IPV4.exec(address)?.[1];
  if (ipv4 !== undefined) return { address: ipv4, port, family: 'IPv4' };
  return { address, port, family: address.includes(':') ? 'IPv6' : 'IPv4' };
}

/** An endpoint as text, `127.0.0.1:50312` or `[::1]:50312`. */
export function formatEndpoint({ address, port, family }: Endpoint): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
