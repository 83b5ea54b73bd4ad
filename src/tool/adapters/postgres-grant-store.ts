import { Injectable } from '@nestjs/common';
import type { Person } from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import type { GrantStore, StoredGrant, StoredLogin } from '../ports/grant-store.js';
import { BEGIN, CLAIM, FIND, PUT, RELEASE, REMOVE, RENEW, TAKE, WANT } from './grant-statements.js';

interface GrantRow {
  readonly id: string;
  readonly issuer: string;
  readonly sealed: string;
  readonly wanted: string | null;
}

interface LoginRow {
  readonly org: string;
  readonly user: string;
  readonly server: string;
  readonly sealed: string;
  readonly isLive: boolean;
}

/** Grants and logins in Postgres. */
@Injectable()
export class PostgresGrantStore implements GrantStore {
  constructor(private readonly database: Database) {}

  async begin(hash: Buffer, { person, server, sealed }: StoredLogin, lifetimeMs: number): Promise<void> {
    await this.database.query(BEGIN, [hash, person.org, person.id, server, sealed, lifetimeMs / 1_000]);
  }

  async take(hash: Buffer): Promise<StoredLogin | undefined> {
    const [row] = await this.database.query<LoginRow>(TAKE, [hash]);
    if (row?.isLive !== true) return undefined;
    return { person: { org: row.org, id: row.user }, server: row.server, sealed: row.sealed };
  }

  async find({ org, id }: Person, server: string): Promise<StoredGrant | undefined> {
    return grantOf(await this.database.query<GrantRow>(FIND, [org, id, server]));
  }

  async put(person: Person, server: string, grant: Omit<StoredGrant, 'wantedScope'>): Promise<void> {
    const { id, issuer, sealed } = grant;
    await this.database.query(PUT, [person.org, person.id, server, id, issuer, sealed]);
  }

  async remove({ org, id }: Person, server: string): Promise<StoredGrant | undefined> {
    return grantOf(await this.database.query<GrantRow>(REMOVE, [org, id, server]));
  }

  async want({ org, id }: Person, grantId: string, scope: string): Promise<void> {
    await this.database.query(WANT, [org, id, grantId, scope]);
  }

  async claim({ org, id }: Person, grantId: string, ms: number): Promise<boolean> {
    return (await this.database.query(CLAIM, [org, id, grantId, ms / 1_000])).length > 0;
  }

  async renew({ org, id }: Person, grantId: string, sealed: string): Promise<void> {
    await this.database.query(RENEW, [org, id, grantId, sealed]);
  }

  async release({ org, id }: Person, grantId: string): Promise<void> {
    await this.database.query(RELEASE, [org, id, grantId]);
  }
}

function grantOf([row]: readonly GrantRow[]): StoredGrant | undefined {
  return row && { id: row.id, issuer: row.issuer, sealed: row.sealed, wantedScope: row.wanted ?? undefined };
}
