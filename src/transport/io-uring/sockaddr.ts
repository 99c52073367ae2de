/** Addresses as the kernel has them: `struct sockaddr_in`, `sockaddr_in6` and `sockaddr_un` (linux/in.h, in6.h, un.h). */
import { isIP } from 'node:net';
import { endpoint, unixEndpoint, type Endpoint } from '../../base/endpoint.ts';
import { AF_INET, AF_INET6, AF_UNIX } from './abi.ts';
import { inetNtop, inetPton, interfaceIndex, interfaceName } from './libc.ts';

const IPV4_BYTES = 16;
const IPV6_BYTES = 28;
const UNIX_BYTES = 110;
const UNIX_PATH = 2;
/** The longest there is. */
export const SOCKADDR_BYTES = UNIX_BYTES;
const LINK_LOCAL = 0xfe80;

/** @param address an IP address; an IPv6 one may name its interface behind a `%`. */
export function toSockaddr(address: string, port: number): Buffer {
  const isIpv6 = isIP(address) === 6;
  const bytes = Buffer.alloc(isIpv6 ? IPV6_BYTES : IPV4_BYTES);
  bytes.writeUInt16LE(isIpv6 ? AF_INET6 : AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  const [text = '', scope] = address.split('%');
  inetPton(isIpv6 ? AF_INET6 : AF_INET, text, bytes.subarray(isIpv6 ? 8 : 4));
  if (scope !== undefined) bytes.writeUInt32LE(interfaceIndex(scope) || Number(scope) || 0, 24);
  return bytes;
}

/** @throws Error for a path that is too long. */
export function toUnixSockaddr(path: string): Buffer {
  const name = Buffer.from(path);
  const isAbstract = name[0] === 0;
  const most = UNIX_BYTES - UNIX_PATH - (isAbstract ? 0 : 1);
  if (name.length > most) {
    throw new Error(`the path of a Unix-domain socket has at most ${most} bytes, got ${name.length}`);
  }
  const bytes = Buffer.alloc(UNIX_PATH + name.length + (isAbstract ? 0 : 1));
  bytes.writeUInt16LE(AF_UNIX, 0);
  name.copy(bytes, UNIX_PATH);
  return bytes;
}

/** The path in a name: it ends with a NUL, unless it begins with one. */
function unixPath(bytes: Buffer): string {
  const isAbstract = bytes[UNIX_PATH] === 0;
  const end = isAbstract ? -1 : bytes.indexOf(0, UNIX_PATH);
  return bytes.toString('utf-8', UNIX_PATH, end === -1 ? bytes.length : end);
}

/** The endpoint that stands in `bytes`, which is shown as Node shows it. */
export function fromSockaddr(bytes: Buffer): Endpoint {
  if (bytes.readUInt16LE(0) === AF_UNIX) return unixEndpoint(unixPath(bytes));
  const port = bytes.readUInt16BE(2);
  if (bytes.readUInt16LE(0) === AF_INET) {
    return { address: `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`, port, family: 'IPv4' };
  }
  const address = inetNtop(AF_INET6, bytes.subarray(8, 24));
  const isLinkLocal = (bytes.readUInt16BE(8) & 0xffc0) === LINK_LOCAL;
  const scope = isLinkLocal ? `%${interfaceName(bytes.readUInt32LE(24))}` : '';
  return endpoint(address + scope, port)!;
}

const nameLength = Buffer.alloc(4);

/**
 * The name of one end of a socket.
 * @param ask `getsockname` or `getpeername`.
 * @returns undefined when the other side is gone already.
 */
export function nameOf(
  fd: number,
  ask: (fd: number, address: Uint8Array, length: Uint8Array) => boolean,
): Buffer | undefined {
  const bytes = Buffer.alloc(SOCKADDR_BYTES);
  nameLength.writeUInt32LE(SOCKADDR_BYTES);
  return ask(fd, bytes, nameLength) ? bytes.subarray(0, nameLength.readUInt32LE()) : undefined;
}
