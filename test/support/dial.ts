import { connect, type ConnectOptions, type FormatDescriptor, type FormatName } from '../../src/index.ts';

/** The library's client, connected to a server of the test; by default of the server's own defaults. */
export function dial<const F extends FormatName | FormatDescriptor = 'utf-8'>(
  { address }: { readonly address?: { readonly port: number } | undefined },
  options: Omit<ConnectOptions<F>, 'port'> = {},
) {
  return connect<F>({ host: '127.0.0.1', port: address!.port, ...options });
}
