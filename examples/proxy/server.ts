import { listen } from 'multithread-server';
import type { Upstream } from './handler.ts';

const [port = '7000', upstreamPort = '80', host = 'localhost'] = process.argv.slice(2);
const upstream: Upstream = { host, port: Number(upstreamPort) };

const server = await listen({
  port: Number(port),
  handler: new URL('./handler.ts', import.meta.url),
  size: 64 * 1024, // bytes that are passed on at once
  data: upstream,
  closeOn: ['SIGTERM', 'SIGINT'],
});
server.on('handler-error', ({ error }) => console.error(error));
server.on('error', (error) => console.error(error));
console.log(`port ${server.address?.port}`);
