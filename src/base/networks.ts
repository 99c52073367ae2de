import { BlockList } from 'node:net';

/** @throws Error for what is neither an address nor a network. */
export function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix, ...rest] = network.split('/');
    if (rest.length > 0) throw new TypeError(`${network} is not a network`);
    const type = address.includes(':') ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, type);
    else list.addSubnet(address, /^\d+$/.test(prefix) ? Number(prefix) : NaN, type);
  }
  return list;
}
