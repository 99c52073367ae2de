import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client } from '../../support/client.ts';
import { needsProc } from '../../support/machine.ts';
import { serve } from '../../support/serve.ts';
import { until } from '../../support/wait.ts';

const KEEP_ALIVE_TIMER = '02';

/** The kernel's timer of a server's one connection, as /proc/net/tcp shows it. */
function timerOf(serverPort: number, clientPort: number): string | undefined {
  const local = `0100007F:${hex(serverPort)}`;
  const remote = `0100007F:${hex(clientPort)}`;
  const fields = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return fields.find((line) => line[1] === local && line[2] === remote)?.[5]?.slice(0, 2);
}

const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');

for (const { keepAlive, timer } of [
  { keepAlive: 60_000, timer: KEEP_ALIVE_TIMER },
  { keepAlive: 0, timer: '00' },
]) {
  test(
    `with keepAlive: ${keepAlive} the kernel ${keepAlive > 0 ? 'will probe' : 'never probes'} a silent connection`,
    needsProc,
    async (t) => {
      const server = await serve(t, { keepAlive });
      const client = await Client.connect(server);
      await client.ask('hello');
      // Right after a write it is the timer for sending again.
      const current = () => timerOf(server.address!.port, client.port);
      await until(
        () => current() === timer,
        () => `timer ${timer}, got ${current()}`,
      );
    },
  );
}
