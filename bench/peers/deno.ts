/** `Deno.listen`: a loop for each client, with a buffer of 64 KiB. */

interface DenoConnection {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  setNoDelay(): void;
  close(): void;
}
declare const Deno: {
  args: string[];
  listen(options: { hostname: string; port: number; tcpBacklog: number }): AsyncIterable<DenoConnection> & {
    addr: { port: number };
  };
};

async function echo(connection: DenoConnection): Promise<void> {
  connection.setNoDelay();
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) return;
      let written = 0;
      while (written < length) written += await connection.write(buffer.subarray(written, length));
    }
  } catch {
    // The client broke off.
  } finally {
    connection.close();
  }
}

async function serve(): Promise<void> {
  const port = Number(Deno.args[0] ?? 0);
  const listener = Deno.listen({ hostname: '127.0.0.1', port, tcpBacklog: 4096 });
  console.log('listening', listener.addr.port);
  for await (const connection of listener) void echo(connection);
}

void serve();
