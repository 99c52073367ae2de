import dns from 'node:dns';
import { isIP } from 'node:net';

/**
 * The addresses of a host, an address being its own. By the function that Node's sockets call, which programs replace.
 * @throws the system's error, ENOTFOUND for example.
 */
export function lookUp(host: string): Promise<string[]> {
  if (isIP(host)) return Promise.resolve([host]);
  return new Promise((resolve, reject) => {
    dns.lookup(host, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve(found.map(({ address }) => address));
    });
  });
}
