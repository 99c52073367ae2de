import { main } from '../../src/index.ts';

await main({ port: 0 });
