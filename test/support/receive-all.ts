import type { Connection } from '../../src/index.ts';

/** Every message up to the end of the other side. */
export async function receiveAll<M>(connection: Connection<M>): Promise<M[]> {
  const messages: M[] = [];
  for await (const message of connection) messages.push(message);
  return messages;
}
