import { availableParallelism } from 'node:os';
import { listen } from 'multithread-server';

const server = await listen({
  port: Number(process.argv[2] ?? 7000),
  handler: new URL('./handler.ts', import.meta.url),
  threads: { min: 1, max: availableParallelism() },
  idleTimeout: 60_000,
  messagesPerSecond: 1000,
  closeOn: ['SIGTERM', 'SIGINT'],
});
server.on('handler-error', ({ error }) => console.error(error));
server.on('error', (error) => console.error(error));
console.log(`port ${server.address?.port}`);
