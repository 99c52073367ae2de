import { networkInterfaces } from 'node:os';

const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

export const needsIPv6 = { skip: !hasIPv6 && 'the machine has no ::1' };

const isLinux = process.platform === 'linux';

/** Only Linux lets a client choose among the addresses of 127.0.0.0/8. */
export const needsLoopbackNetwork = { skip: !isLinux && 'needs 127.0.0.2' };

export const needsProc = { skip: !isLinux && 'reads /proc' };
