/**
 * How low Node can go: this package's ring and links alone, in one thread; no messages, no threads, no limits. Argument: port.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as LibcModule from '../../src/transport/io-uring/libc.ts';
import type * as LinkModule from '../../src/transport/io-uring/links.ts';
import type * as ListenerModule from '../../src/transport/io-uring/listener.ts';
import type { Accepted, Link, LinkEvents } from '../../src/transport/transport.ts';

const compiled = (file: string) =>
  import(pathToFileURL(join(import.meta.dirname, '../build/package/transport/io-uring', file)).href);
const { Links, makeLinkParts } = (await compiled('links.js')) as typeof LinkModule;
const { Acceptors, UringListener } = (await compiled('listener.js')) as typeof ListenerModule;
const { close } = (await compiled('libc.js')) as typeof LibcModule;
const { ACCEPT } = (await compiled('user-data.js')) as { ACCEPT: number };

/** Sends back what comes; at most one piece of it is under way. */
class Echo implements LinkEvents {
  link!: Link;
  read(bytes: Buffer, start: number, end: number): boolean {
    return this.link.writeBytes([bytes.subarray(start, end)], end - start);
  }
  written(): void {
    this.link.resume();
  }
  peerEnded(): void {
    this.link.close();
  }
  linkFailed(): void {}
  linkClosed(): void {}
}

const [port = '0'] = process.argv.slice(2);
const memory = { entries: 1024, receiveBuffers: 256, receiveBufferSize: 16_384, sendMemory: 2 ** 26 };
const links = new Links(makeLinkParts(memory), {
  completed: (what, whose, result, flags) => {
    if (what === ACCEPT) acceptors.accepted(whose, result, flags);
  },
  gone: (fd) => close(fd),
});
const acceptors = new Acceptors(links.loop);
const options = {
  path: undefined,
  host: '127.0.0.1',
  port: Number(port),
  backlog: 4096,
  noDelay: true,
  keepAlive: 0,
};
const listener = new UringListener(acceptors, options, {
  accepted(accepted: Accepted) {
    const echo = new Echo();
    echo.link = links.open((accepted as Accepted & { readonly fd: number }).fd, echo);
  },
  gone() {},
  lost() {},
  failed(error) {
    throw error;
  },
});
await listener.bind();
console.log('listening', listener.addresses[0]?.port);
