/** `Bun.listen`, on one thread. */

interface BunSocket {
  data: Uint8Array[];
  write(bytes: Uint8Array): number;
  end(): void;
}
declare const Bun: {
  listen(options: {
    hostname: string;
    port: number;
    socket: Record<'open' | 'drain' | 'error', (socket: BunSocket) => void> & {
      data(socket: BunSocket, bytes: Uint8Array): void;
    };
  }): { port: number };
};

/** Writes what fits and keeps the rest for `drain`. */
function write(socket: BunSocket, bytes: Uint8Array): boolean {
  const written = Math.max(0, socket.write(bytes));
  if (written === bytes.length) return true;
  socket.data.unshift(bytes.slice(written));
  return false;
}

const server = Bun.listen({
  hostname: '127.0.0.1',
  port: Number(process.argv[2] ?? 0),
  socket: {
    open(socket) {
      socket.data = [];
    },
    data(socket, bytes) {
      if (socket.data.length > 0) socket.data.push(bytes.slice());
      else write(socket, bytes);
    },
    drain(socket) {
      while (socket.data.length > 0 && write(socket, socket.data.shift()!));
    },
    error() {},
  },
});
console.log('listening', server.port);
