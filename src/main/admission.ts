import type { DropReason } from '../shared/close-reason.ts';

/** What bounds who may come in. */
export interface AdmissionLimits {
  readonly maxConnections: number;
}

/** Decides at accept whether a client may come in. */
export class Admission {
  readonly #limits: AdmissionLimits;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Why a client must be turned away; undefined when it may come in. */
  refusal(connections: number): DropReason | undefined {
    return connections >= this.#limits.maxConnections ? 'max-connections' : undefined;
  }
}
