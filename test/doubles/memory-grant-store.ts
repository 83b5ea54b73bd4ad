import type { Person } from '../../src/kernel/index.js';
import {
  MAX_LOGINS,
  type GrantStore,
  type StoredGrant,
  type StoredLogin,
} from '../../src/tool/ports/grant-store.js';

interface Kept {
  readonly person: Person;
  readonly server: string;
  grant: StoredGrant;
  claimedUntil: number;
}

const isOf = (one: { readonly person: Person; readonly server?: string }, person: Person, server?: string) =>
  one.person.org === person.org &&
  one.person.id === person.id &&
  (server === undefined || one.server === server);

/** Grants and logins that last as long as it does. */
export class MemoryGrantStore implements GrantStore {
  private readonly logins = new Map<string, StoredLogin & { readonly until: number }>();
  private kept: Kept[] = [];

  begin(hash: Buffer, login: StoredLogin, lifetimeMs: number): Promise<void> {
    const own = [...this.logins].filter(([, one]) => isOf(one, login.person));
    for (const [key] of own.slice(0, Math.max(0, own.length - MAX_LOGINS + 1))) this.logins.delete(key);
    this.logins.set(hash.toString('hex'), { ...login, until: Date.now() + lifetimeMs });
    return Promise.resolve();
  }

  take(hash: Buffer): Promise<StoredLogin | undefined> {
    const found = this.logins.get(hash.toString('hex'));
    this.logins.delete(hash.toString('hex'));
    if (found === undefined || found.until <= Date.now()) return Promise.resolve(undefined);
    const { until: _until, ...login } = found;
    return Promise.resolve(login);
  }

  find(person: Person, server: string): Promise<StoredGrant | undefined> {
    return Promise.resolve(this.kept.find((one) => isOf(one, person, server))?.grant);
  }

  put(person: Person, server: string, grant: Omit<StoredGrant, 'wantedScope'>): Promise<void> {
    this.kept = this.kept.filter((one) => !isOf(one, person, server));
    const { org, id } = person;
    this.kept.push({
      ...{ person: { org, id }, server, claimedUntil: 0 },
      grant: { ...grant, wantedScope: undefined },
    });
    return Promise.resolve();
  }

  async remove(person: Person, server: string): Promise<StoredGrant | undefined> {
    const found = await this.find(person, server);
    this.kept = this.kept.filter((one) => !isOf(one, person, server));
    for (const [key, one] of this.logins) if (isOf(one, person, server)) this.logins.delete(key);
    return found;
  }

  want(person: Person, grantId: string, scope: string): Promise<void> {
    return this.change(person, grantId, (one) => void (one.grant = { ...one.grant, wantedScope: scope }));
  }

  async claim(person: Person, grantId: string, ms: number): Promise<boolean> {
    let isClaimed = false;
    await this.change(person, grantId, (one) => {
      if (one.claimedUntil > Date.now()) return;
      isClaimed = true;
      one.claimedUntil = Date.now() + ms;
    });
    return isClaimed;
  }

  renew(person: Person, grantId: string, sealed: string): Promise<void> {
    return this.change(person, grantId, (one) => {
      one.grant = { ...one.grant, sealed };
      one.claimedUntil = 0;
    });
  }

  release(person: Person, grantId: string): Promise<void> {
    return this.change(person, grantId, (one) => void (one.claimedUntil = 0));
  }

  private change(person: Person, grantId: string, how: (one: Kept) => void): Promise<void> {
    const found = this.kept.find((one) => isOf(one, person) && one.grant.id === grantId);
    if (found !== undefined) how(found);
    return Promise.resolve();
  }
}
