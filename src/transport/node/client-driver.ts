/** A client's half of the driver over Node's sockets. */
import type { ClientDriver } from '../transport.ts';
import { dial } from './dial.ts';

export const nodeClientDriver: ClientDriver = { dial };
