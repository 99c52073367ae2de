/** Does once, on sockets of its own, each thing that the driver will do. */
import {
  AF_UNIX,
  IORING_ACCEPT_MULTISHOT,
  IORING_CQE_BUFFER_SHIFT,
  IORING_CQE_F_MORE,
  IORING_OP_ACCEPT,
  IORING_OP_ASYNC_CANCEL,
  IORING_OP_CLOSE,
  IORING_OP_MSG_RING,
  IORING_OP_RECV,
  IORING_OP_SEND,
  IORING_RECV_MULTISHOT,
  IOSQE_BUFFER_SELECT,
  MSG_NOSIGNAL,
  MSG_WAITALL,
  SOCK_CLOEXEC,
  SOCK_STREAM,
} from './abi.ts';
import { bind, close, connect, getSockName, listen, socket } from './libc.ts';
import { destroyLinkParts, makeLinkParts } from './links.ts';
import { BUFFER_GROUP, ReceiveBuffers } from './receive-buffers.ts';
import { destroyRing, makeRing, Ring } from './ring.ts';
import { SendMemory } from './send-memory.ts';
import { userData } from './user-data.ts';

const MEMORY = { entries: 8, receiveBuffers: 4, receiveBufferSize: 4096, sendMemory: 65_536 };
/** Nothing here waits for anybody else. */
const MOST_ENTERS = 16;
const MESSAGE = 'rehearsal';
/** Of `struct sockaddr_un` (linux/un.h): the family, and no name, for which the kernel finds one. */
const UNIX_FAMILY = Buffer.from([AF_UNIX, 0]);
const UNIX_BYTES = 110;

interface Completion {
  readonly what: number;
  readonly result: number;
  readonly flags: number;
}

/** @throws Error that names the first thing that doesn't work. */
export function rehearse(): void {
  using undo = new DisposableStack();
  const parts = makeLinkParts(MEMORY);
  undo.defer(() => destroyLinkParts(parts));
  const mainParts = makeRing(MEMORY.entries);
  undo.defer(() => destroyRing(mainParts));
  const open = (fd: number): number => {
    undo.defer(() => close(fd));
    return fd;
  };
  const [main, thread] = [new Stage(new Ring(mainParts)), new Stage(new Ring(parts.ring))];
  const buffers = new ReceiveBuffers(parts.buffers);
  buffers.register(thread.ring.fd, parts.buffers);
  const memory = new SendMemory(parts.sendMemory);

  const listener = open(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC));
  bind(listener, UNIX_FAMILY);
  listen(listener, 1);
  const accept = IORING_OP_ACCEPT | (IORING_ACCEPT_MULTISHOT << 16);
  main.ring.request(accept, listener, 0, 0, 0, SOCK_CLOEXEC, 0, IORING_OP_ACCEPT);
  main.ring.enter();
  const client = open(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC));
  const error = connect(client, nameOf(listener));
  if (error !== 0) throw new Error(`connect: errno ${error}`);
  const accepted = main.await(IORING_OP_ACCEPT, 'multishot accept', (result) => result >= 0);
  if ((accepted.flags & IORING_CQE_F_MORE) === 0) throw new Error('accept is not multishot');

  main.ring.request(IORING_OP_MSG_RING, thread.ring.fd, userData(IORING_OP_MSG_RING, 0), 0, 0, 0, 0, 0);
  main.ring.enter();
  thread.await(IORING_OP_MSG_RING, 'msg_ring', (result) => result === 0);

  const receive = IORING_OP_RECV | (IOSQE_BUFFER_SELECT << 8) | (IORING_RECV_MULTISHOT << 16);
  thread.ring.request(receive, accepted.result, 0, 0, 0, 0, 0, IORING_OP_RECV, BUFFER_GROUP);
  thread.ring.enter();
  const block = memory.take(MESSAGE.length);
  memory.bytes.write(MESSAGE, block);
  const address = memory.addressOf(block);
  const flags = MSG_WAITALL | MSG_NOSIGNAL;
  thread.ring.request(IORING_OP_SEND, client, 0, address, MESSAGE.length, flags, 0, IORING_OP_SEND);
  thread.await(IORING_OP_SEND, 'send', (result) => result === MESSAGE.length);
  const received = thread.await(IORING_OP_RECV, 'multishot receive', (result) => result === MESSAGE.length);
  if ((received.flags & IORING_CQE_F_MORE) === 0) throw new Error('receive is not multishot');
  const bytes = buffers.views[received.flags >>> IORING_CQE_BUFFER_SHIFT]!;
  if (bytes.toString('latin1', 0, MESSAGE.length) !== MESSAGE) {
    throw new Error('what was received is not what was sent');
  }

  const what = userData(IORING_OP_RECV, 0);
  thread.ring.request(IORING_OP_ASYNC_CANCEL, -1, 0, what, 0, 0, 0, IORING_OP_ASYNC_CANCEL);
  thread.await(IORING_OP_ASYNC_CANCEL, 'cancel', (result) => result === 0);
  main.ring.request(IORING_OP_CLOSE, accepted.result, 0, 0, 0, 0, 0, IORING_OP_CLOSE);
  main.await(IORING_OP_CLOSE, 'close', (result) => result === 0);
}

class Stage {
  readonly ring: Ring;
  readonly #completions: Completion[] = [];

  constructor(ring: Ring) {
    this.ring = ring;
    ring.enable();
  }

  /** @throws Error when it doesn't come, or comes with another result. */
  await(what: number, name: string, isFine: (result: number) => boolean): Completion {
    for (let enters = 0; enters < MOST_ENTERS; enters++) {
      this.ring.enter();
      this.ring.reap((_, of, result, flags) => this.#completions.push({ what: of, result, flags }));
      const found = this.#completions.find((completion) => completion.what === what);
      if (!found) continue;
      if (!isFine(found.result)) throw new Error(`${name} gives ${found.result}`);
      return found;
    }
    throw new Error(`${name} doesn't complete`);
  }
}

function nameOf(fd: number): Buffer {
  const bytes = Buffer.alloc(UNIX_BYTES);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(UNIX_BYTES);
  getSockName(fd, bytes, length);
  return bytes.subarray(0, length.readUInt32LE());
}
