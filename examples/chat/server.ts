import { listen } from 'multithread-server';

const server = await listen({
  port: Number(process.argv[2] ?? 7000),
  handler: new URL('./handler.ts', import.meta.url),
  maxWriteBuffer: 256 * 1024, // who reads more slowly than the others talk has to go
  closeOn: ['SIGTERM', 'SIGINT'],
});
server.on('handler-error', ({ error }) => console.error(error));
server.on('error', (error) => console.error(error));
console.log(`port ${server.address?.port}`);
