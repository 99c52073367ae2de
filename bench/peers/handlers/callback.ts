import type { Connection } from '../../../src/index.ts';

/** The shortest echo there is: a callback, bytes in and out. */
export default {
  message: (connection: Connection<Buffer>, message: Buffer) => connection.send(message),
};
