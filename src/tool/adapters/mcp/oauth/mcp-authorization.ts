import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { AuthProvider } from '@modelcontextprotocol/client';
import { newId, type Person } from '../../../../kernel/index.js';
import { CONFIG, type Config } from '../../../../platform/config/index.js';
import type { EgressFetch } from '../../../../platform/egress/index.js';
import { Sealer } from '../../../../platform/secrets/index.js';
import { GRANT_STORE, type GrantStore } from '../../../ports/grant-store.js';
import type {
  AuthorizationAnswer,
  OpenLogin,
  ServerAuthorization,
} from '../../../ports/server-authorization.js';
import type { ServerTarget } from '../../../ports/tool-servers.js';
import { Bearer } from './bearer.js';
import { Challenges } from './challenges.js';
import { discover } from './discover.js';
import { GrantSeals, type Grant, type Login } from './grant.js';
import { careOf } from './grant-care.js';
import { identify } from './identify.js';
import { oauthFetch } from './oauth-fetch.js';
import { redeemCode } from './redeem-code.js';
import { refusal } from './refusal.js';
import { revokeAt } from './revoke.js';
import { wantedOf } from './wanted.js';
import { authorityOf, startLogin } from './start-login.js';

/** How long a person has for a login. */
const LOGIN_MS = 600_000;
/** Everything that is asked of others for one step. */
const STEP_MS = 20_000;
const STATE = /^[A-Za-z0-9_-]{43}$/;

type OAuthConfig = Pick<Config, 'EGRESS_ALLOW' | 'PUBLIC_URL' | 'secretsKeys'>;

/** Logins of people at the authorization servers of MCP servers, and the tokens that come of them. */
@Injectable()
export class McpAuthorization implements ServerAuthorization {
  private readonly seals: GrantSeals;
  private readonly challenges: Challenges;

  constructor(
    @Inject(CONFIG) private readonly config: OAuthConfig,
    @Inject(GRANT_STORE) private readonly store: GrantStore,
  ) {
    this.seals = new GrantSeals(new Sealer(config.secretsKeys));
    this.challenges = new Challenges(async (person, { grant }, scope) => {
      if (grant !== undefined) await this.store.want(person, grant, scope);
    });
  }

  /** Reads along what the server answers the person, who may log in for what it then asks for. */
  watch(person: Person, target: ServerTarget, fetch: EgressFetch): EgressFetch {
    return this.challenges.watch(person, target, fetch);
  }

  /** The person's token for the server, with each request anew; absent: the person has let this server do nothing there. */
  bearer(person: Person, target: ServerTarget): AuthProvider | undefined {
    const { endpoint, grant: grantId, name: server } = target;
    if (grantId === undefined || endpoint.transport !== 'http') return undefined;
    const care = careOf(target, () => this.fetchFor(target));
    const bearing = { person, server, url: endpoint.url, grantId };
    return new Bearer(bearing, this.store, this.seals, care);
  }

  async begin(person: Person, target: ServerTarget, redirectUri: string): Promise<string> {
    const { name } = target;
    const url = urlOf(target);
    if (!this.seals.isAvailable)
      throw refusal(name, 'this server keeps no secrets: its operator has not set SECRETS_KEY.', 'ours');
    const [before, wanted] = await this.grantOf(person, target);
    const challenge = this.challenges.of(person, target);
    const fetch = this.fetchFor(target);
    const registered = target.endpoint.transport === 'http' ? target.endpoint.client : undefined;
    const saidAt = challenge?.saidAt ?? before?.saidAt;
    const preferred = registered?.issuer ?? before?.foundAt;
    const found = await discover({ name, url, saidAt, preferred }, fetch);
    // What another authorization server knows or was asked for is nothing to this one.
    const same = before?.issuer === found.issuer ? before : undefined;
    const asked = wantedOf(name, found, same, { challenged: challenge?.scope, beyond: wanted });
    const { PUBLIC_URL: publicUrl } = this.config;
    // Who gives no tokens any more may not know this server any more either.
    const known = same?.tokens === undefined ? undefined : same.client;
    const identity = { registered, before: known, publicUrl, redirectUri };
    const client = await identify(name, found, identity, fetch);
    const state = randomBytes(32).toString('base64url');
    const { address, verifier } = await startLogin(name, found, {
      client,
      redirectUri,
      state,
      scope: asked.scope,
    });
    const login: Login = {
      ...{ url, saidAt, issuer: found.issuer, foundAt: found.foundAt, authority: authorityOf(found) },
      ...{ client, resource: found.resource, ...asked, verifier, redirectUri },
    };
    const hash = hashOf(state);
    const sealed = this.seals.sealLogin(person, name, hash, login);
    await this.store.begin(hash, { person, server: name, sealed }, LOGIN_MS);
    return address;
  }

  async take(state: string): Promise<OpenLogin | undefined> {
    if (!STATE.test(state)) return undefined;
    const hash = hashOf(state);
    const stored = await this.store.take(hash);
    return stored && { ...stored, hash };
  }

  async redeem(opened: OpenLogin, target: ServerTarget, answer: AuthorizationAnswer): Promise<void> {
    const { person, server, hash } = opened;
    const login = this.seals.openLogin(opened, hash);
    if (login === undefined || login.url !== urlOf(target))
      throw refusal(server, 'the MCP server was changed since the login began. Begin again.', 'ours');
    const tokens = await redeemCode(server, login, answer, this.fetchFor(target));
    const { verifier: _verifier, redirectUri: _redirectUri, ...agreement } = login;
    const grant: Grant = { ...agreement, tokens };
    const id = newId();
    const sealed = this.seals.sealGrant(person, server, id, grant);
    await this.store.put(person, server, { id, issuer: grant.issuer, sealed });
  }

  async revoke(person: Person, target: ServerTarget): Promise<boolean> {
    const { name, endpoint } = target;
    const removed = await this.store.remove(person, name);
    if (removed === undefined) return false;
    if (endpoint.transport !== 'http') return true;
    const grant = this.seals.openGrant(person, name, endpoint.url, removed);
    // It is forgotten here in any case.
    if (grant !== undefined) await revokeAt(grant, this.fetchFor(target)).catch(() => false);
    return true;
  }

  /** What was agreed upon before, and what the server has asked for beyond it. */
  private async grantOf(
    person: Person,
    target: ServerTarget,
  ): Promise<[Grant | undefined, string | undefined]> {
    const stored = await this.store.find(person, target.name);
    if (stored === undefined) return [undefined, undefined];
    return [this.seals.openGrant(person, target.name, urlOf(target), stored), stored.wantedScope];
  }

  private fetchFor(target: ServerTarget): EgressFetch {
    return oauthFetch(this.config, target, AbortSignal.timeout(STEP_MS));
  }
}

function urlOf({ name, endpoint }: ServerTarget): string {
  if (endpoint.transport === 'http') return endpoint.url;
  throw refusal(name, 'a program takes no login of users: its operator has set it up.', 'ours');
}

function hashOf(state: string): Buffer {
  return createHash('sha256').update(state).digest();
}
