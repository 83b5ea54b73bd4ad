import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { waitAtMost } from '../../kernel/index.js';
import { fetchJwks } from './fetch-jwks.js';
import type { VerificationKey } from './jwks.js';
import type { TokenKeys } from './verified-tokens.js';

/** The header fields that identify the key of a token. */
export interface KeyHint {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** The keys could not be fetched, so the token cannot be verified. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

const FRESH_MS = 600_000;
/** Keys of an issuer that is down are no longer used after this time. */
const STALE_MS = 12 * 3_600_000;
/** The minimum interval of fetches that unknown keys cause. */
const MISS_INTERVAL_MS = 3_000;
const RETRY_MS = 3_000;
/** How long a token waits for fresh keys while there are older ones. */
const FRESH_KEYS_WAIT_MS = 1_000;
/** The most tokens with unknown keys that wait for the next fetch, so that flooding costs no more than that. */
const MAX_WAITING = 256;
const MAX_MISSING = 1_000;
const MAX_MISSING_CHARS = 256;
/** The most keys that are tried for one token. */
const MAX_CANDIDATES = 32;
const WARN_EVERY_MS = 60_000;

/**
 * The published keys of an issuer. They are fetched again after ten minutes, and when a token has an unknown key, at
 * most once in three seconds. While they cannot be fetched, the previous ones are used, for twelve hours.
 */
export class JwksCache implements TokenKeys {
  private readonly logger = new Logger(JwksCache.name);
  private keys: readonly VerificationKey[] = [];
  private fetchedAt = -Infinity;
  private failedAt = -Infinity;
  /** When the latest successful fetch was started. */
  private askedAt = -Infinity;
  private missAt = -Infinity;
  private warnedAt = -Infinity;
  private fetching: Promise<void> | undefined;
  private waiting = 0;
  /** Names of keys that the latest fetch did not find. */
  private readonly missing = new Set<string>();

  constructor(private readonly address: string) {}

  /** The keys themselves while they are fresh, for tokens that they have vouched for: each fetch makes others. */
  get version(): object | undefined {
    return Date.now() - this.fetchedAt < FRESH_MS ? this.keys : undefined;
  }

  /**
   * The result of `check` for the first matching key; `check` returns `undefined` for a key that has not signed the
   * token, and so does this method if none has. Throws {@link KeysUnavailable} if that cannot be known, and whatever
   * `check` throws.
   */
  async find<Found>(
    hint: KeyHint,
    check: (key: VerificationKey['key']) => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    const cameAt = Date.now();
    await this.ensureFresh();
    const found = await this.among(this.keys, hint, check);
    if (found !== undefined || !(await this.isRenewed(hint.kid, cameAt))) return found;
    return this.among(this.keys, hint, check);
  }

  private async among<Found>(
    keys: readonly VerificationKey[],
    { alg, kid }: KeyHint,
    check: (key: VerificationKey['key']) => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    const fitting = keys.filter(
      (key) =>
        key.algorithms.includes(alg) && (kid === undefined || key.kid === undefined || key.kid === kid),
    );
    for (const { key } of fitting.slice(0, MAX_CANDIDATES)) {
      const found = await check(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Ensures that there are keys, and that they are not too old. */
  private async ensureFresh(): Promise<void> {
    const age = Date.now() - this.fetchedAt;
    if (age < FRESH_MS) return;
    if (age > STALE_MS) return this.fetch();
    const wasDown = this.failedAt > this.fetchedAt;
    const fetching = this.fetch().catch(() => undefined);
    // While the issuer is down, requests do not wait for it.
    if (!wasDown) await waitAtMost(FRESH_KEYS_WAIT_MS, fetching);
  }

  /** Whether the keys may have changed since a token arrived that none of them has signed. */
  private async isRenewed(kid: string | undefined, cameAt: number): Promise<boolean> {
    if (this.askedAt >= cameAt) return false;
    const wait = this.fetching === undefined ? this.missAt + MISS_INTERVAL_MS - Date.now() : 0;
    // Before the next fetch is due, only a token whose key may be new is worth waiting for.
    if (wait > 0 && (kid === undefined || this.missing.has(kid) || this.has(kid))) return false;
    if (this.waiting >= MAX_WAITING) throw new KeysUnavailable('too many tokens by unknown keys wait');
    this.waiting += 1;
    try {
      if (wait > 0) await pause(wait, undefined, { ref: false });
      if (this.askedAt < cameAt) {
        this.missAt = Date.now();
        await this.fetch();
      }
    } catch (error) {
      if (kid !== undefined && this.has(kid)) return false;
      throw error;
    } finally {
      this.waiting -= 1;
    }
    this.remember(kid);
    return true;
  }

  private remember(kid: string | undefined): void {
    if (kid === undefined || kid.length > MAX_MISSING_CHARS || this.missing.size >= MAX_MISSING) return;
    if (!this.has(kid)) this.missing.add(kid);
  }

  private has(kid: string): boolean {
    return this.keys.some((key) => key.kid === kid);
  }

  /** One fetch at a time, shared by all that wait for it; none soon after one has failed. */
  private fetch(): Promise<void> {
    if (this.fetching === undefined && Date.now() < this.failedAt + RETRY_MS)
      return Promise.reject(new KeysUnavailable('the keys could not be fetched a moment ago'));
    this.fetching ??= this.fetchNow().finally(() => (this.fetching = undefined));
    return this.fetching;
  }

  private async fetchNow(): Promise<void> {
    const askedAt = Date.now();
    try {
      this.keys = await fetchJwks(this.address);
      this.missing.clear();
      this.askedAt = askedAt;
      this.fetchedAt = Date.now();
    } catch (cause) {
      this.failedAt = Date.now();
      this.warn(cause);
      throw new KeysUnavailable('the keys could not be fetched', { cause });
    }
  }

  /** Rate-limited: while the issuer is down, every second token would log this. */
  private warn(cause: unknown): void {
    if (Date.now() < this.warnedAt + WARN_EVERY_MS) return;
    this.warnedAt = Date.now();
    const { origin, pathname } = new URL(this.address);
    const left = this.keys.length > 0 ? 'the last ones count meanwhile' : 'tokens cannot be checked';
    const reason = cause instanceof Error ? cause.message : 'it failed';
    this.logger.warn(`The keys at ${origin}${pathname} could not be fetched: ${reason}; ${left}.`);
  }
}
