/**
 * The system calls, with types: the only file that calls into C. Loading it throws where there is no `node:ffi`, or it may
 * not be used. Descriptors and lengths are checked where they are made; a call that fails throws a {@link SystemError}.
 */
import { getSystemErrorMap } from 'node:util';
import {
  F_DUPFD_CLOEXEC,
  NR_io_uring_enter,
  NR_io_uring_register,
  NR_io_uring_setup,
  SHUT_RD,
  SHUT_WR,
} from './abi.ts';
import { ffi } from './ffi.ts';

if (!ffi) throw new Error('this Node has no node:ffi');
const { getRawPointer, toArrayBuffer } = ffi;

/** Of the C library that the process has loaded anyway. `syscall` stands for the calls that it has no function for. */
const { functions: c } = ffi.dlopen(null, {
  // V8 calls with at most six numbers the fast way. The sixth is a signal mask, always none.
  syscall: { arguments: ['int32', 'int32', 'int32', 'int32', 'int32', 'int64'], return: 'int32' },
  __errno_location: { arguments: [], return: 'pointer' },
  mmap: { arguments: ['pointer', 'uint64', 'int32', 'int32', 'int32', 'int64'], return: 'pointer' },
  munmap: { arguments: ['pointer', 'uint64'], return: 'int32' },
  socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  bind: { arguments: ['int32', 'buffer', 'uint32'], return: 'int32' },
  listen: { arguments: ['int32', 'int32'], return: 'int32' },
  connect: { arguments: ['int32', 'buffer', 'uint32'], return: 'int32' },
  getsockname: { arguments: ['int32', 'buffer', 'buffer'], return: 'int32' },
  getpeername: { arguments: ['int32', 'buffer', 'buffer'], return: 'int32' },
  setsockopt: { arguments: ['int32', 'int32', 'int32', 'buffer', 'uint32'], return: 'int32' },
  shutdown: { arguments: ['int32', 'int32'], return: 'int32' },
  close: { arguments: ['int32'], return: 'int32' },
  eventfd: { arguments: ['uint32', 'int32'], return: 'int32' },
  pipe2: { arguments: ['buffer', 'int32'], return: 'int32' },
  fcntl: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  dup2: { arguments: ['int32', 'int32'], return: 'int32' },
  inet_pton: { arguments: ['int32', 'string', 'buffer'], return: 'int32' },
  inet_ntop: { arguments: ['int32', 'buffer', 'buffer', 'uint32'], return: 'pointer' },
  if_indextoname: { arguments: ['uint32', 'buffer'], return: 'pointer' },
  if_nametoindex: { arguments: ['string'], return: 'uint32' },
});
const { functions: wide } = ffi.dlopen(null, {
  syscall: { arguments: ['int64', 'int64', 'int64', 'int64', 'int64', 'int64'], return: 'int64' },
});

/** The thread's `errno`, which stays where it is. Looked at right after a call. */
const errno = new Int32Array(toArrayBuffer(c.__errno_location(), 4, false));

/** What the operating system refused; shaped like Node's own. */
export interface SystemError extends NodeJS.ErrnoException {
  address?: string;
  port?: number;
}

/** @param number as in `errno`. */
export function systemError(number: number, syscall: string): SystemError {
  const [code = `E${number}`, meaning = 'unknown error'] = getSystemErrorMap().get(-number) ?? [];
  const error: SystemError = new Error(`${syscall} ${code}: ${meaning}`);
  return Object.assign(error, { code, errno: -number, syscall });
}

/** The same of an address; worded as Node words it. */
export function addressError(number: number, syscall: string, address: string, port: number): SystemError {
  const error = systemError(number, syscall);
  const what = syscall === 'connect' ? `${syscall} ${error.code}` : error.message;
  error.message = `${what} ${address}:${port}`;
  return Object.assign(error, { address, port });
}

function checked(result: number, syscall: string): number {
  if (result >= 0) return result;
  throw systemError(errno[0]!, syscall);
}

/** Memory that is V8's must outlive the call, in which alone it may be used. */
function pointerTo(bytes: NodeJS.ArrayBufferView): bigint {
  return getRawPointer(bytes);
}

/** Bytes at an address, which somebody else frees. */
export function bytesAt(address: bigint, length: number): ArrayBuffer {
  return toArrayBuffer(address, length, false);
}

/** @returns the address. */
export function mmap(length: number, protection: number, flags: number, fd = -1, offset = 0): bigint {
  const address = c.mmap(0n, BigInt(length), protection, flags, fd, BigInt(offset));
  if (address === 0xffff_ffff_ffff_ffffn) throw systemError(errno[0]!, 'mmap');
  return address;
}

export function munmap(address: bigint, length: number): void {
  checked(c.munmap(address, BigInt(length)), 'munmap');
}

/** @returns the ring's descriptor. */
export function ioUringSetup(entries: number, params: Buffer): number {
  const fd = wide.syscall(BigInt(NR_io_uring_setup), BigInt(entries), pointerTo(params), 0n, 0n, 0n);
  return checked(Number(fd), 'io_uring_setup');
}

/** @returns how many entries were submitted, or a negative errno. */
export function ioUringEnter(fd: number, toSubmit: number, flags: number): number {
  const submitted = c.syscall(NR_io_uring_enter, fd, toSubmit, 0, flags, 0n);
  return submitted >= 0 ? submitted : -errno[0]!;
}

export function ioUringRegister(fd: number, operation: number, argument: Buffer | null, count: number): void {
  const pointer = argument === null ? 0n : pointerTo(argument);
  const result = wide.syscall(
    BigInt(NR_io_uring_register),
    BigInt(fd),
    BigInt(operation),
    pointer,
    BigInt(count),
    0n,
  );
  checked(Number(result), 'io_uring_register');
}

/** @returns the descriptor. */
export function socket(family: number, type: number): number {
  return checked(c.socket(family, type, 0), 'socket');
}

/** @returns the end to read, and the end to write. */
export function pipe(flags: number): [number, number] {
  const pair = Buffer.alloc(8);
  checked(c.pipe2(pair, flags), 'pipe2');
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

export function bind(fd: number, address: Uint8Array): void {
  checked(c.bind(fd, address, address.length), 'bind');
}

export function listen(fd: number, backlog: number): void {
  checked(c.listen(fd, backlog), 'listen');
}

/** @returns 0 or an errno. */
export function connect(fd: number, address: Uint8Array): number {
  return c.connect(fd, address, address.length) === 0 ? 0 : errno[0]!;
}

/** To connect to nobody. */
const NOBODY = Buffer.alloc(16);

/** Has TCP send RST at once, whoever else refers to the socket (connect(2): AF_UNSPEC dissolves the association). */
export function disconnect(fd: number): void {
  c.connect(fd, NOBODY, NOBODY.length);
}

/** @returns whether `address` has it now; not when the other side is gone already. */
export function getPeerName(fd: number, address: Uint8Array, length: Uint8Array): boolean {
  return c.getpeername(fd, address, length) === 0;
}

export function getSockName(fd: number, address: Uint8Array, length: Uint8Array): boolean {
  return c.getsockname(fd, address, length) === 0;
}

/** @param value as an `int`, or as the bytes of a struct. */
export function setSockOpt(fd: number, level: number, name: number, value: number | Buffer): void {
  const bytes = typeof value === 'number' ? Buffer.alloc(4) : value;
  if (typeof value === 'number') bytes.writeInt32LE(value);
  checked(c.setsockopt(fd, level, name, bytes, bytes.length), 'setsockopt');
}

/**
 * Sends FIN behind what was sent. Not a request to the ring, as io_uring gives that to a kernel thread of its own. That the
 * other side is gone already is told by the requests under way.
 */
export function shutDownWriting(fd: number): void {
  c.shutdown(fd, SHUT_WR);
}

/** Has a listening socket listen no more, whoever else refers to it: what waited to be accepted is reset. */
export function stopListening(fd: number): void {
  c.shutdown(fd, SHUT_RD);
}

/** On Linux a descriptor is closed whatever this says. */
export function close(fd: number): void {
  c.close(fd);
}

/** @returns the descriptor. */
export function eventFd(flags: number): number {
  return checked(c.eventfd(0, flags), 'eventfd');
}

/** @returns another descriptor of the same. */
export function duplicate(fd: number): number {
  return checked(c.fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl');
}

/** Makes `target` stand for what `fd` stands for. */
export function dup2(fd: number, target: number): void {
  checked(c.dup2(fd, target), 'dup2');
}

/** @returns whether the text is an address of the family, which then stands in `address`. */
export function inetPton(family: number, text: string, address: Uint8Array): boolean {
  return c.inet_pton(family, text, address) === 1;
}

const textBuffer = Buffer.alloc(64);

export function inetNtop(family: number, address: Uint8Array): string {
  c.inet_ntop(family, address, textBuffer, textBuffer.length);
  return textBuffer.toString('latin1', 0, textBuffer.indexOf(0));
}

/** A network interface's name; its number where it has none. */
export function interfaceName(index: number): string {
  if (c.if_indextoname(index, textBuffer) === 0n) return String(index);
  return textBuffer.toString('latin1', 0, textBuffer.indexOf(0));
}

/** A network interface's number; 0 where there is none of the name. */
export function interfaceIndex(name: string): number {
  return c.if_nametoindex(name);
}
