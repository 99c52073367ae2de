import { once } from 'node:events';
import { connect } from 'node:net';
import { listen } from '../../src/index.ts';

// Everything is closed at the end, so the process must find its end by itself.
const server = await listen({ host: '127.0.0.1', threads: 2 });
const client = connect(server.address!.port, '127.0.0.1');
client.end('hello');
client.resume();
await once(client, 'close');
await server.close();
process.stdout.write('closed\n');
process.disconnect?.();
