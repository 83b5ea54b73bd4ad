import { setTimeout as pause } from 'node:timers/promises';
import type { AuthProvider } from '@modelcontextprotocol/client';
import type { Person } from '../../../../kernel/index.js';
import type { GrantStore, StoredGrant } from '../../../ports/grant-store.js';
import type { Grant, GrantSeals, Tokens } from './grant.js';
import { isFresh } from './tokens.js';

/** How long one who renews a grant has for it; whoever dies meanwhile holds others up for so long. */
const CLAIM_MS = 30_000;
/** How long one waits for another who renews. */
const WAIT_MS = 35_000;
const POLL_MS = 150;

/** Whose token it is. */
export interface Bearing {
  readonly person: Person;
  readonly server: string;
  readonly url: string;
  readonly grantId: string;
}

/** What is asked of others about a grant; both throw where that is not to be had now. */
export interface GrantCare {
  /** Whether the server still has its tokens from where this grant is from. */
  isStillFor(grant: Grant): Promise<boolean>;
  /** Gets new tokens; absent: there are none any more. */
  renewed(grant: Grant & { readonly tokens: Tokens }): Promise<Tokens | undefined>;
}

/**
 * The token that goes along with each request of a person to a server. It is renewed before it ends and when the server does not
 * take it any more: by one process at a time, since an authorization server may take each refresh token only once.
 */
export class Bearer implements AuthProvider {
  private known: Tokens | undefined;
  private renewing: Promise<Tokens | undefined> | undefined;

  constructor(
    private readonly bearing: Bearing,
    private readonly store: GrantStore,
    private readonly seals: GrantSeals,
    private readonly care: GrantCare,
  ) {}

  async token(): Promise<string | undefined> {
    this.known ??= await this.first();
    if (this.known !== undefined && !isFresh(this.known)) await this.renew(this.known);
    return this.known?.access;
  }

  /** The server has refused the token that was sent last. */
  async onUnauthorized(): Promise<void> {
    const { UnauthorizedError } = await import('@modelcontextprotocol/client');
    const refused = this.known;
    if (refused === undefined) throw new UnauthorizedError();
    const stored = (await this.load())?.tokens;
    // Another process was faster.
    if (stored !== undefined && stored.access !== refused.access) this.known = stored;
    else if (refused.refresh === undefined) throw new UnauthorizedError();
    else await this.renew(refused);
    if (this.known === undefined) throw new UnauthorizedError();
  }

  /** No token goes to a server that has come to trust somebody else since. */
  private async first(): Promise<Tokens | undefined> {
    const grant = await this.load();
    if (grant?.tokens === undefined) return undefined;
    return (await this.care.isStillFor(grant)) ? grant.tokens : undefined;
  }

  private async renew(old: Tokens): Promise<void> {
    this.renewing ??= this.renewOnce(old).finally(() => (this.renewing = undefined));
    this.known = await this.renewing;
  }

  private async renewOnce(old: Tokens): Promise<Tokens | undefined> {
    const { person, grantId } = this.bearing;
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      if (await this.store.claim(person, grantId, CLAIM_MS)) return this.renewClaimed(old);
      const tokens = (await this.load())?.tokens;
      if (tokens?.access !== old.access || performance.now() > deadline) return tokens;
      await pause(POLL_MS);
    }
  }

  private async renewClaimed(old: Tokens): Promise<Tokens | undefined> {
    const { person, grantId, server } = this.bearing;
    let isKept = false;
    try {
      const grant = await this.load();
      const { tokens } = grant ?? {};
      if (grant === undefined || tokens === undefined || tokens.access !== old.access) return tokens;
      const renewed = await this.care.renewed({ ...grant, tokens });
      // Without tokens it still says what was agreed upon, for the next login.
      const sealed = this.seals.sealGrant(person, server, grantId, { ...grant, tokens: renewed });
      await this.store.renew(person, grantId, sealed);
      isKept = true;
      return renewed;
    } finally {
      if (!isKept) await this.store.release(person, grantId);
    }
  }

  /** The grant, unless there is another one by now. */
  private async load(): Promise<Grant | undefined> {
    const { person, server, url, grantId } = this.bearing;
    const stored: StoredGrant | undefined = await this.store.find(person, server);
    return stored?.id === grantId ? this.seals.openGrant(person, server, url, stored) : undefined;
  }
}
