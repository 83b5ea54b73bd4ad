import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTHeaderParameters,
} from 'jose';

/** How the issuer answers who asks for its keys. */
type Answering = (request: IncomingMessage, response: ServerResponse) => void;

export interface IssuedToken {
  /** The key's name; the newest key when unset. */
  readonly by?: string;
  readonly header?: Partial<JWTHeaderParameters>;
  /** Who says that the token is theirs, and who it is for; this issuer and the server when unset. */
  readonly iss?: string;
  readonly aud?: string;
  /** Seconds from now. */
  readonly exp?: number;
}

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'threadline';

/** An issuer of tokens whose keys can be replaced, and which can be made to fail in many ways. */
export class Issuer {
  /** How often the keys were asked for. */
  requests = 0;
  /** What is published, in the order of a JSON Web Key Set. */
  published: JWK[] = [];
  /** Instead of the keys. */
  answering: Answering | undefined;
  private readonly pairs = new Map<string, CryptoKey>();
  private newest = '';

  private constructor(
    private readonly server: Server,
    private readonly alg: string,
  ) {}

  static async start(alg = 'ES256'): Promise<Issuer> {
    const server = createServer();
    const issuer = new Issuer(server, alg);
    server.on('request', (request, response) => issuer.answer(request, response));
    await issuer.up();
    await issuer.publish('first');
    return issuer;
  }

  /** Where its keys are. */
  get address(): string {
    return `http://127.0.0.1:${this.port}/keys`;
  }

  /** What a server has to be told to take its tokens. */
  get environment(): Record<string, string> {
    return { JWT_JWKS_URI: this.address, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };
  }

  private port = 0;

  /** Makes a key and publishes it in place of all others, or beside them; without a name it is published without one. */
  async publish(
    name: string,
    how: { readonly beside?: boolean; readonly kid?: string | null } = {},
  ): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(this.alg, { extractable: true });
    this.pairs.set(name, privateKey);
    this.newest = name;
    const { kid = name } = how;
    const jwk = { ...(await exportJWK(publicKey)), ...(kid === null ? {} : { kid }), use: 'sig' };
    this.published = how.beside === true ? [...this.published, jwk] : [jwk];
  }

  async token(claims: Record<string, unknown>, how: IssuedToken = {}) {
    const { by = this.newest, header, exp = 3_600, iss = ISSUER, aud = AUDIENCE } = how;
    let key = this.pairs.get(by);
    // A stranger's, which is nowhere published.
    key ??= (await generateKeyPair(this.alg)).privateKey;
    return new SignJWT({ sub: 'ada', org: 'acme', ...claims })
      .setProtectedHeader({ alg: this.alg, kid: by, ...header })
      .setIssuer(iss)
      .setAudience(aud)
      .setExpirationTime(Math.floor(Date.now() / 1_000) + exp)
      .sign(key);
  }

  /** Ends every connection and takes no more. */
  async down(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Listens, at the same place as before. */
  async up(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (this.server.listening) await this.down();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    if (this.answering !== undefined) return this.answering(request, response);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: this.published }));
  }
}
