/** Node's own `net`: everything on the main thread. Arguments: port, mode. */
import { createServer, type AddressInfo } from 'node:net';
import { sockets } from './handlers/sockets.ts';

const [port = '0', mode = 'echo'] = process.argv.slice(2);
const serve = sockets[mode]!;

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  serve(socket);
});
server.listen({ host: '127.0.0.1', port: Number(port), backlog: 4096 }, () => {
  console.log('listening', (server.address() as AddressInfo).port);
});
