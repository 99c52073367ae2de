/** What the peers on plain `node:net` do with a socket, by mode. */
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { faultOrEcho, HEAP_LIMIT } from './faults.ts';
import { hash, spinOrEcho } from './work.ts';

type Serve = (socket: Socket) => void;

export const sockets: Record<string, Serve> = {
  echo: (socket) => socket.on('data', (bytes) => socket.write(bytes)),
  lines(socket) {
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: unknown) => {
      const lines = (rest + String(text)).split('\n');
      rest = lines.pop() ?? '';
      let reply = '';
      for (const line of lines) reply += `${line}\n`;
      socket.write(reply);
    });
  },
  hash: (socket) => socket.on('data', (message: Buffer) => socket.write(hash(message))),
  fault(socket) {
    setFlagsFromString(`--max-old-space-size=${HEAP_LIMIT}`);
    socket.on('data', (message: Buffer) => socket.write(faultOrEcho(message, process.pid)));
  },
  spin: (socket) => socket.on('data', (message: Buffer) => socket.write(spinOrEcho(message, process.pid))),
};
