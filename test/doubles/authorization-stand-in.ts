import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Agreed {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly resource: string;
  readonly scope: string;
}

/** A token, and what it is good for. */
interface Issued {
  readonly resource: string;
  readonly scope: string;
  readonly clientId: string;
}

/** A request to the token endpoint, as it came. */
export type TokenRequest = Readonly<Record<string, string>>;

/** What it does otherwise than usual. */
export interface AuthorizationFaults {
  /** Who it says it is when it sends a browser back; `undefined` for the truth. */
  iss?: string | undefined;
  /** Sends browsers back with this error. */
  error?: string | undefined;
  /** Fields of its metadata that are others. */
  metadata?: Readonly<Record<string, unknown>>;
  /** Seconds for which access tokens are good. */
  expiresIn: number;
}

const random = () => randomBytes(16).toString('base64url');

/**
 * An authorization server as OAuth 2.1 has it: PKCE, codes and refresh tokens that are good once, resource indicators, and a
 * person who agrees to everything. A refresh token that is used twice ends all that came of it.
 */
export class AuthorizationStandIn {
  readonly faults: AuthorizationFaults = { expiresIn: 3_600 };
  readonly asked: TokenRequest[] = [];
  readonly registered: Readonly<Record<string, unknown>>[] = [];
  readonly revoked: string[] = [];
  private readonly codes = new Map<string, Agreed>();
  private readonly access = new Map<string, Issued>();
  private readonly refresh = new Map<string, Issued>();
  private readonly used = new Set<string>();
  private readonly server = createServer((request, response) => {
    void this.answer(request, response).catch(() => response.destroy());
  });

  static async start(): Promise<AuthorizationStandIn> {
    const standIn = new AuthorizationStandIn();
    standIn.server.listen(0, '127.0.0.1');
    await once(standIn.server, 'listening');
    return standIn;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What a token is good for; absent: for nothing. */
  scopeOf(token: string, resource: string): string | undefined {
    const issued = this.access.get(token);
    return issued?.resource === resource ? issued.scope : undefined;
  }

  /** Every access token that it has given is good for nothing from now on. */
  endAccess(): void {
    this.access.clear();
  }

  /** Nor are the refresh tokens. */
  endAll(): void {
    this.access.clear();
    this.refresh.clear();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.issuer);
    const body = await text(request);
    if (url.pathname === '/.well-known/oauth-authorization-server')
      return send(response, 200, this.metadata());
    if (url.pathname === '/authorize') return this.authorize(url.searchParams, response);
    if (request.method === 'POST' && url.pathname === '/register') {
      this.registered.push(JSON.parse(body) as Readonly<Record<string, unknown>>);
      return send(response, 201, { ...(JSON.parse(body) as object), client_id: `client-${random()}` });
    }
    const form = Object.fromEntries(new URLSearchParams(body));
    if (request.method === 'POST' && url.pathname === '/token') return this.token(form, response);
    if (request.method === 'POST' && url.pathname === '/revoke') {
      this.revoked.push(form['token']!);
      this.refresh.delete(form['token']!);
      return void response.writeHead(200).end();
    }
    response.writeHead(404).end();
  }

  private metadata() {
    return {
      issuer: this.issuer,
      ...{ authorization_endpoint: `${this.issuer}/authorize`, token_endpoint: `${this.issuer}/token` },
      ...{ registration_endpoint: `${this.issuer}/register`, revocation_endpoint: `${this.issuer}/revoke` },
      ...{ response_types_supported: ['code'], code_challenge_methods_supported: ['S256'] },
      ...{ token_endpoint_auth_methods_supported: ['none'] },
      authorization_response_iss_parameter_supported: true,
      ...this.faults.metadata,
    };
  }

  /** The person agrees at once. */
  private authorize(query: URLSearchParams, response: ServerResponse): void {
    const given = (name: string) => query.get(name) ?? '';
    const isGood = given('response_type') === 'code' && given('code_challenge_method') === 'S256';
    if (!isGood || given('redirect_uri') === '' || given('resource') === '')
      return send(response, 400, { error: 'invalid_request' });
    const back = new URL(given('redirect_uri'));
    back.searchParams.set('state', given('state'));
    back.searchParams.set('iss', this.faults.iss ?? this.issuer);
    if (this.faults.error === undefined) {
      const code = random();
      this.codes.set(code, {
        ...{ clientId: given('client_id'), redirectUri: given('redirect_uri') },
        ...{ challenge: given('code_challenge'), resource: given('resource'), scope: given('scope') },
      });
      back.searchParams.set('code', code);
    } else back.searchParams.set('error', this.faults.error);
    response.writeHead(302, { location: back.href }).end();
  }

  private token(form: TokenRequest, response: ServerResponse): void {
    this.asked.push(form);
    const agreed = form['grant_type'] === 'refresh_token' ? this.refreshed(form) : this.redeemed(form);
    if (agreed === undefined) return send(response, 400, { error: 'invalid_grant' });
    const [access, refresh] = [`access-${random()}`, `refresh-${random()}`];
    this.access.set(access, agreed);
    this.refresh.set(refresh, agreed);
    send(response, 200, {
      ...{ access_token: access, refresh_token: refresh, token_type: 'Bearer' },
      expires_in: this.faults.expiresIn,
    });
  }

  private redeemed(form: TokenRequest): Issued | undefined {
    const { code = '', code_verifier = '', redirect_uri, resource, client_id } = form;
    const agreed = this.codes.get(code);
    this.codes.delete(code);
    const challenge = createHash('sha256').update(code_verifier).digest('base64url');
    const isTheirs = agreed?.challenge === challenge && agreed.clientId === client_id;
    return isTheirs && agreed.redirectUri === redirect_uri && agreed.resource === resource
      ? agreed
      : undefined;
  }

  private refreshed({ refresh_token = '', client_id }: TokenRequest): Issued | undefined {
    const issued = this.refresh.get(refresh_token);
    if (this.used.has(refresh_token)) this.endAll();
    this.used.add(refresh_token);
    this.refresh.delete(refresh_token);
    return issued?.clientId === client_id ? issued : undefined;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
