import type { OAuthClientInformationMixed, OAuthMetadata } from '@modelcontextprotocol/client';
import type { Person } from '../../../../kernel/index.js';
import type { Sealer } from '../../../../platform/secrets/index.js';
import type { StoredGrant, StoredLogin } from '../../../ports/grant-store.js';

/** As much of an authorization server's metadata as is needed after it was read. */
export type Authority = Pick<
  OAuthMetadata,
  | 'issuer'
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'revocation_endpoint'
  | 'response_types_supported'
  | 'token_endpoint_auth_methods_supported'
  | 'authorization_response_iss_parameter_supported'
>;

/** How an authorization server knows this server. */
export interface KnownClient {
  readonly information: OAuthClientInformationMixed;
  /** It was registered by this server itself, for this address of ours; absent: it need not be again. */
  readonly registeredFor?: string | undefined;
  /** When its secret ends, in milliseconds since 1970. */
  readonly endsAt?: number | undefined;
}

/** What a login and a grant have in common. */
export interface Agreement {
  /** Of the MCP server: a token is for this address alone. */
  readonly url: string;
  /** The authorization server, by its own name and by the one that it was found under. */
  readonly issuer: string;
  readonly foundAt: string;
  /** Where the server says of itself who that is, if it has named the place. */
  readonly saidAt: string | undefined;
  /** Absent: it says nothing of itself, as the first revisions of the protocol allowed. */
  readonly authority: Authority | undefined;
  readonly client: KnownClient;
  readonly resource: string;
  /** What was asked for; absent: what is usual there. */
  readonly scope: string | undefined;
  /** Logins one after the other that have asked for no more than the one before. */
  readonly fruitless: number;
  readonly since: number;
}

export interface Login extends Agreement {
  readonly verifier: string;
  readonly redirectUri: string;
}

export interface Grant extends Agreement {
  /** Absent: it was taken back, and the person has to log in again. */
  readonly tokens: Tokens | undefined;
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string | undefined;
  /** In milliseconds since 1970; absent: the server does not say. */
  readonly endsAt: number | undefined;
}

/** Seals logins and grants for the one person, server and authorization server that each is for. */
export class GrantSeals {
  constructor(private readonly sealer: Sealer) {}

  get isAvailable(): boolean {
    return this.sealer.isAvailable;
  }

  sealLogin(person: Person, server: string, hash: Buffer, login: Login): string {
    return this.sealer.seal(JSON.stringify(login), loginPlace(person, server, hash));
  }

  openLogin({ person, server, sealed }: StoredLogin, hash: Buffer): Login | undefined {
    return parsed<Login>(this.sealer.open(sealed, loginPlace(person, server, hash)));
  }

  sealGrant(person: Person, server: string, id: string, grant: Grant): string {
    return this.sealer.seal(JSON.stringify(grant), grantPlace(person, server, id, grant));
  }

  /** Absent when it is for another address than this, or under a key that is gone. */
  openGrant(
    person: Person,
    server: string,
    url: string,
    { id, issuer, sealed }: StoredGrant,
  ): Grant | undefined {
    return parsed<Grant>(this.sealer.open(sealed, grantPlace(person, server, id, { url, issuer })));
  }
}

function parsed<Value>(text: string | undefined): Value | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Value);
}

function loginPlace({ org, id }: Person, server: string, hash: Buffer): string {
  return JSON.stringify(['mcp login', org, id, server, hash.toString('base64url')]);
}

function grantPlace(
  { org, id }: Person,
  server: string,
  grantId: string,
  { url, issuer }: Pick<Grant, 'url' | 'issuer'>,
): string {
  return JSON.stringify(['mcp grant', org, id, server, grantId, url, issuer]);
}
