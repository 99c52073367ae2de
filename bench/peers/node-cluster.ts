/** Node's `cluster`: worker processes that share the port. Arguments: port, mode, number of workers. */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { sockets } from './handlers/sockets.ts';

const [port = '0', mode = 'echo', workers = '1'] = process.argv.slice(2);

if (cluster.isPrimary) {
  // As programs with cluster do: a worker that dies is replaced.
  cluster.on('exit', () => cluster.fork());
  const forks = Array.from({ length: Number(workers) }, () => cluster.fork());
  const listening = await Promise.all(forks.map((worker) => once(worker, 'listening')));
  const [address] = listening[0] as [{ port: number }];
  console.log('listening', address.port);
} else {
  const serve = sockets[mode]!;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen({ host: '127.0.0.1', port: Number(port), backlog: 4096 });
}
