import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { waitAtMost } from '../../kernel/index.js';
import { fetchJwks } from './fetch-jwks.js';
import type { VerificationKey } from './jwks.js';

/** What is told of the key that a token says it was signed with. */
export interface KeyHint {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** The keys could not be fetched: nothing is known about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

const FRESH_MS = 600_000;
/** An issuer that is down for longer than a night is taken at its last word no more. */
const STALE_MS = 12 * 3_600_000;
/** Tokens by keys that are not there cause one fetch in so much time. */
const MISS_INTERVAL_MS = 3_000;
const RETRY_MS = 3_000;
/** How long a token waits for fresh keys while there are older ones. */
const PATIENCE_MS = 1_000;
/** So many tokens by unknown keys wait for the next fetch; flooding costs no more than that. */
const MAX_WAITING = 256;
const MAX_MISSING = 1_000;
const MAX_MISSING_CHARS = 256;
/** Of keys that fit alike, so many are tried. */
const MAX_CANDIDATES = 32;
const WARN_EVERY_MS = 60_000;

/**
 * The published keys of an issuer. They are asked for again after ten minutes, and at the first token by a key that is
 * not among them, once in three seconds at most. While they cannot be fetched, the last ones count, for twelve hours.
 */
export class JwksCache {
  private readonly logger = new Logger(JwksCache.name);
  private keys: readonly VerificationKey[] = [];
  private fetchedAt = -Infinity;
  private failedAt = -Infinity;
  /** When the latest fetch that has succeeded was begun. */
  private askedAt = -Infinity;
  private missAt = -Infinity;
  private warnedAt = -Infinity;
  private fetching: Promise<void> | undefined;
  private waiting = 0;
  /** Names of keys that were not there when it was last looked. */
  private readonly missing = new Set<string>();

  constructor(private readonly address: string) {}

  /**
   * What `check` makes of the first key that fits; it answers `undefined` for a key that has not signed the token. So does
   * this when none has. Throws {@link KeysUnavailable} when that cannot be known, and what `check` throws.
   */
  async find<Found>(
    hint: KeyHint,
    check: (key: VerificationKey['key']) => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    const cameAt = Date.now();
    await this.freshen();
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

  /** Sees to it that there are keys, and that they are no older than they may be. */
  private async freshen(): Promise<void> {
    const age = Date.now() - this.fetchedAt;
    if (age < FRESH_MS) return;
    if (age > STALE_MS) return this.fetch();
    const wasDown = this.failedAt > this.fetchedAt;
    const fetching = this.fetch().catch(() => undefined);
    // Whoever comes while the issuer is down does not wait for it.
    if (!wasDown) await waitAtMost(PATIENCE_MS, fetching);
  }

  /** Whether the keys may be others now, after none of those there were has signed a token that came at that time. */
  private async isRenewed(kid: string | undefined, cameAt: number): Promise<boolean> {
    if (this.askedAt >= cameAt) return false;
    const wait = this.fetching === undefined ? this.missAt + MISS_INTERVAL_MS - Date.now() : 0;
    // Before the next fetch, only a token that may well be by a new key is worth a wait.
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

  /** One fetch at a time, whoever waits for it; none soon after one has failed. */
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

  /** Now and then: while the issuer is down, every other token brings it up. */
  private warn(cause: unknown): void {
    if (Date.now() < this.warnedAt + WARN_EVERY_MS) return;
    this.warnedAt = Date.now();
    const { origin, pathname } = new URL(this.address);
    const left = this.keys.length > 0 ? 'the last ones count meanwhile' : 'tokens cannot be checked';
    const reason = cause instanceof Error ? cause.message : 'it failed';
    this.logger.warn(`The keys at ${origin}${pathname} could not be fetched: ${reason}; ${left}.`);
  }
}
