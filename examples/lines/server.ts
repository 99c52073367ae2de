import { lines, listen } from 'multithread-server';

const server = await listen({
  port: Number(process.argv[2] ?? 7000),
  handler: new URL('./handler.ts', import.meta.url),
  framing: lines(),
  closeOn: ['SIGTERM', 'SIGINT'],
});
server.on('handler-error', ({ error }) => console.error(error));
server.on('error', (error) => console.error(error));
console.log(`port ${server.address?.port}`);
