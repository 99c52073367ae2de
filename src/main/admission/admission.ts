/** Decides at accept whether a client may come in. */
import type { BlockList } from 'node:net';
import type { DropReason } from '../../base/close-reason.ts';
import { toBlockList } from '../../base/networks.ts';
import type { Endpoint } from '../../base/endpoint.ts';
import { addressKey } from './address-key.ts';
import { Descriptors } from './descriptors.ts';
import type { Ledger } from '../ledger.ts';
import type { Rate } from '../../base/token-bucket.ts';
import { RateLimiter } from './rate-limiter.ts';

/** What bounds who may come in. */
export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** Addresses and networks; undefined for everybody. */
  readonly allow?: readonly string[] | undefined;
  readonly deny: readonly string[];
  readonly acceptRate?: Rate | undefined;
  readonly acceptRatePerAddress?: Rate | undefined;
  readonly reservedDescriptors: number;
}

const EVERYBODY = '';

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #ledger: Ledger;
  readonly #allow: BlockList | undefined;
  readonly #deny: BlockList | undefined;
  readonly #rate: RateLimiter | undefined;
  readonly #addressRate: RateLimiter | undefined;
  readonly #descriptors = new Descriptors();

  constructor(limits: AdmissionLimits, ledger: Ledger) {
    this.#limits = limits;
    this.#ledger = ledger;
    this.#allow = limits.allow && toBlockList(limits.allow);
    this.#deny = limits.deny.length > 0 ? toBlockList(limits.deny) : undefined;
    this.#rate = limits.acceptRate && new RateLimiter(limits.acceptRate);
    this.#addressRate = limits.acceptRatePerAddress && new RateLimiter(limits.acceptRatePerAddress);
  }

  /** Why a client must be turned away; undefined when it may come in. */
  refusal(peer: Endpoint): DropReason | undefined {
    const { maxConnections, maxConnectionsPerAddress, reservedDescriptors } = this.#limits;
    const now = performance.now();
    if (this.#descriptors.left(now) <= reservedDescriptors) return 'descriptors';
    if (!this.#isAllowed(peer)) return 'denied';
    if (this.#ledger.size >= maxConnections) return 'max-connections';
    const key = addressKey(peer);
    if (this.#ledger.countOf(key) >= maxConnectionsPerAddress) return 'max-connections-per-address';
    if (this.#addressRate?.take(key, now) === false) return 'accept-rate-per-address';
    if (this.#rate?.take(EVERYBODY, now) === false) return 'accept-rate';
    this.#descriptors.add();
    return undefined;
  }

  /** Who may use a Unix-domain socket is a matter of its file's mode. */
  #isAllowed({ address, family }: Endpoint): boolean {
    if (family === 'unix') return true;
    const type = family === 'IPv4' ? 'ipv4' : 'ipv6';
    if (this.#deny?.check(address, type)) return false;
    return this.#allow?.check(address, type) ?? true;
  }
}
