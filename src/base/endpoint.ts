/** One end of a connection. */
export interface Endpoint {
  /** An IP address as text; or the path of a Unix-domain socket, empty where it has none, as with nearly all clients. */
  readonly address: string;
  /** Its TCP port; 0 for a Unix-domain socket. */
  readonly port: number;
  /** Of the address; an IPv4 client of an IPv6 listener is `IPv4`. */
  readonly family: 'IPv4' | 'IPv6' | 'unix';
}

const MAPPED = '::ffff:';
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/**
 * An endpoint from what a socket tells, undefined when the socket is gone already. An IPv4 client of an IPv6 listener
 * is shown by its IPv4 address.
 */
export function endpoint(address: string | undefined, port: number | undefined): Endpoint | undefined {
  if (address === undefined || port === undefined) return undefined;
  if (!address.includes(':')) return { address, port, family: 'IPv4' };
  const ipv4 = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : '';
  return IPV4.test(ipv4) ? { address: ipv4, port, family: 'IPv4' } : { address, port, family: 'IPv6' };
}

/** One end of a connection over a Unix-domain socket. */
export function unixEndpoint(path: string): Endpoint {
  return { address: path, port: 0, family: 'unix' };
}

/** An endpoint as text, `127.0.0.1:50312`, `[::1]:50312` or `unix:/run/app.sock`. */
export function formatEndpoint({ address, port, family }: Endpoint): string {
  if (family === 'unix') return `unix:${address}`;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
