// Who may come in.
import * as v from 'valibot';
import { toBlockList } from '../base/networks.ts';
import { positiveOrInfinite, whole } from '../base/rules.ts';
import { listForm, rateForm } from './flag.ts';
import { option, required, type Entries } from './option.ts';
import type { AcceptRate } from './public.ts';

const networksRule = 'must be an array of addresses and networks (10.0.0.0/8, 2001:db8::/32)';
const networks = v.pipe(v.array(v.string(networksRule), networksRule), v.check(areNetworks, networksRule));

const rateRule = 'must be { perSecond, burst? }: numbers above 0, burst at least 1';
export const rateEntries = {
  perSecond: required(v.pipe(v.number(rateRule), v.gtValue(0, rateRule), v.finite(rateRule)), {
    text: 'So many a second in the long run.',
  }),
  burst: option(v.pipe(v.number(rateRule), v.minValue(1, rateRule), v.finite(rateRule)), {
    text: 'So many at once after a pause.',
    defaultText: '`perSecond`, at least 1',
  }),
} satisfies Entries<AcceptRate>;
const rate = v.strictObject(rateEntries, rateRule);

export const admissionEntries = {
  maxConnections: option(whole(1, 2 ** 24, 'connections'), {
    text: 'Most connections at once, waiting ones included; clients beyond are reset.',
    default: 65_536,
  }),
  maxConnectionsPerAddress: option(positiveOrInfinite('connections'), {
    text: 'Most connections of one address (IPv6: of one /64).',
    default: Infinity,
  }),
  allow: option(networks, {
    text: 'Addresses and networks (CIDR) that may connect.',
    defaultText: 'all',
    flag: listForm,
  }),
  deny: option(networks, {
    text: 'Addresses and networks (CIDR) that may not connect; wins over `allow`.',
    default: [],
    defaultText: 'none',
    flag: listForm,
  }),
  acceptRate: option(rate, {
    text: 'Most clients accepted in a second, with room for bursts; those beyond are reset.',
    defaultText: 'no bound',
    flag: rateForm,
  }),
  acceptRatePerAddress: option(rate, {
    text: 'Most clients accepted in a second from one address (IPv6: from one /64).',
    defaultText: 'no bound',
    flag: rateForm,
  }),
  reservedDescriptors: option(whole(0, 2 ** 24, 'descriptors'), {
    text: 'File descriptors that clients must leave to the rest of the process. Linux only.',
    default: 64,
  }),
};

function areNetworks(list: string[]): boolean {
  try {
    toBlockList(list);
    return true;
  } catch {
    return false;
  }
}
