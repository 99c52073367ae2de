import type { Connection } from '../../../src/index.ts';

/** The shortest echo there is: a callback, whatever the format. */
export default {
  message: (connection: Connection<unknown>, message: unknown) => connection.send(message),
};
