import type { Person } from '../../kernel/index.js';

/** What a person has let this server do at an MCP server. */
export interface StoredGrant {
  readonly id: string;
  /** The authorization server it is from. */
  readonly issuer: string;
  /** Its tokens, and what they came about by. */
  readonly sealed: string;
  /** What the MCP server has asked for beyond it; absent: nothing. */
  readonly wantedScope: string | undefined;
}

/** A login that a person has begun and that the browser comes back from. */
export interface StoredLogin {
  readonly person: Person;
  readonly server: string;
  readonly sealed: string;
}

/** Logins of a person that may be under way; the oldest gives way. */
export const MAX_LOGINS = 10;

/** Injection token of the {@link GrantStore}. */
export const GRANT_STORE = Symbol('GrantStore');

/** What people have let this server do at MCP servers: one grant for each person and server, and logins under way. */
export interface GrantStore {
  /** Keeps a login until it is taken, for so long at most. */
  begin(hash: Buffer, login: StoredLogin, lifetimeMs: number): Promise<void>;
  /** The login, once and never again; absent when there is none, or when its time is over. */
  take(hash: Buffer): Promise<StoredLogin | undefined>;
  find(person: Person, server: string): Promise<StoredGrant | undefined>;
  /** Keeps a grant in place of the one before it. */
  put(person: Person, server: string, grant: Omit<StoredGrant, 'wantedScope'>): Promise<void>;
  /** Removes the grant, which it returns, and every login under way. */
  remove(person: Person, server: string): Promise<StoredGrant | undefined>;
  /** Keeps what a server has asked for beyond the grant, if that is still there. */
  want(person: Person, grantId: string, scope: string): Promise<void>;
  /** Whether the one who asks may renew the grant: nobody else may, for so long or until it is renewed or let go. */
  claim(person: Person, grantId: string, ms: number): Promise<boolean>;
  /** Keeps what the grant has become, and lets it go; nothing, where it is not there any more. */
  renew(person: Person, grantId: string, sealed: string): Promise<void>;
  /** Lets go of a grant that was not renewed. */
  release(person: Person, grantId: string): Promise<void>;
}
