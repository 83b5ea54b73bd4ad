import type { Person } from '../../kernel/index.js';
import type { ServerTarget } from './tool-servers.js';

/** What an authorization server has sent a browser back with. */
export interface AuthorizationAnswer {
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  /** The authorization server that says so. */
  readonly iss?: string | undefined;
}

/** A login whose browser has come back. */
export interface OpenLogin {
  readonly person: Person;
  readonly server: string;
  /** For whoever has begun it, to be redeemed. */
  readonly sealed: string;
  readonly hash: Buffer;
}

/** Injection token of {@link ServerAuthorization}. */
export const SERVER_AUTHORIZATION = Symbol('ServerAuthorization');

/** Logins of people at the authorization servers of MCP servers (OAuth 2.1). */
export interface ServerAuthorization {
  /**
   * The address at which the person logs in; the browser comes back to `redirectUri`. Throws an `AppError` where the server
   * cannot be logged in to, in words.
   */
  begin(person: Person, target: ServerTarget, redirectUri: string): Promise<string>;
  /** The login that was begun with this state, once and never again. */
  take(state: string): Promise<OpenLogin | undefined>;
  /** Keeps what the person has let this server do. Throws an `AppError` where that is nothing, in words. */
  redeem(login: OpenLogin, target: ServerTarget, answer: AuthorizationAnswer): Promise<void>;
  /** Forgets what the person has let this server do, and says so where it came from; whether there was something. */
  revoke(person: Person, target: ServerTarget): Promise<boolean>;
}
