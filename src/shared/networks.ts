import { BlockList } from 'node:net';

/** @throws Error for what is neither an address nor a network. */
export function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const type = address.includes(':') ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, type);
    else list.addSubnet(address, /^\d+$/.test(prefix) ? Number(prefix) : NaN, type);
  }
  return list;
}
