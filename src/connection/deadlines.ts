/** The time limits of a connection. */
import type { CloseReason } from '../base/close-reason.ts';
import type { ConnectionLimits } from '../options/connection-options.ts';

/** What of a connection's state its deadlines depend on. */
export interface Progress {
  /** Whether bytes are due to the peer. */
  readonly isDue: boolean;
  /** So many the system hasn't taken of the write under way. */
  readonly unsent: number;
  /** Bytes of an incomplete message, while the connection reads. */
  readonly incomplete: number;
  readonly isFinishing: boolean;
  /** Whether it isn't read because it has sent more than its rates allow. */
  readonly isThrottled: boolean;
}

/** Where `writeTimeout` is 0: milliseconds for a peer that takes nothing, once the handler has finished. */
const FINISH_TIMEOUT_MS = 30_000;

/**
 * When one connection's time is up. A time begins at the next look, so that it is never up early: until then it is 0.
 */
export class Deadlines {
  readonly #limits: ConnectionLimits;
  #expiresAt = 0;
  #activeAt = 0;
  #messageBeganAt = 0;
  #hasMessage = false;
  #writeProgressAt = 0;
  #unsent = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Bytes have come. */
  read(): void {
    this.#activeAt = 0;
    this.#hasMessage = false;
  }

  /** A message among them was completed. */
  message(): void {
    this.#hasMessage = true;
  }

  /** They were taken; so many belong to a message that isn't complete. */
  taken(incomplete: number): void {
    if (incomplete === 0 || this.#hasMessage) this.#messageBeganAt = 0;
  }

  /** Bytes have gone. */
  wrote(): void {
    this.#activeAt = 0;
    this.#writeProgressAt = 0;
  }

  /** The deadline that has passed, if one has. */
  broken(
    now: number,
    { isDue, incomplete, isFinishing, isThrottled, unsent }: Progress,
  ): CloseReason | undefined {
    const { idleTimeout, messageTimeout, writeTimeout } = this.#limits;
    const longestWrite = writeTimeout === 0 && isFinishing ? FINISH_TIMEOUT_MS : writeTimeout;
    const takesNothingFor = this.#takesNothingFor(now, isDue, unsent);
    if (longestWrite > 0 && takesNothingFor >= longestWrite) return 'write-timeout';
    if (isFinishing) return undefined;
    if (this.#expiresAt === 0) this.#expiresAt = now + this.#lifetime();
    if (now >= this.#expiresAt) return 'max-lifetime';
    // What a throttled peer has sent isn't read: that it seems idle is none of its doing.
    if (this.#activeAt === 0 || isThrottled) this.#activeAt = now;
    if (incomplete === 0) this.#messageBeganAt = 0;
    else if (this.#messageBeganAt === 0) this.#messageBeganAt = now;
    const isTooSlow = messageTimeout > 0 && incomplete > 0 && now - this.#messageBeganAt >= messageTimeout;
    if (isTooSlow) return 'message-timeout';
    return idleTimeout > 0 && now - this.#activeAt >= idleTimeout ? 'idle-timeout' : undefined;
  }

  #lifetime(): number {
    const { maxLifetime, lifetimeJitter } = this.#limits;
    return maxLifetime > 0 ? maxLifetime * (1 - lifetimeJitter * Math.random()) : Infinity;
  }

  #takesNothingFor(now: number, isDue: boolean, unsent: number): number {
    if (!isDue) {
      this.#writeProgressAt = 0;
      return 0;
    }
    if (this.#writeProgressAt === 0 || unsent !== this.#unsent) {
      this.#unsent = unsent;
      this.#writeProgressAt = now;
      this.#activeAt = now;
    }
    return now - this.#writeProgressAt;
  }
}
