import type {
  AuthorizationServerMetadata,
  OAuthProtectedResourceMetadata,
} from '@modelcontextprotocol/client';
import { EgressError, type EgressFetch } from '../../../../platform/egress/index.js';
import { isPrivate } from './oauth-fetch.js';
import { refusal, refusalOf } from './refusal.js';

const MAX_SCOPE = 2_000;

/** Who lets people in to a server, and to what. */
export interface Found {
  /** By its own name. */
  readonly issuer: string;
  /** By the name that the server has for it. */
  readonly foundAt: string;
  readonly metadata: AuthorizationServerMetadata | undefined;
  /** What the server calls itself. */
  readonly resource: string;
  /** What is usual there; absent: the server does not say. */
  readonly scope: string | undefined;
}

/** Where to look. */
export interface Place {
  readonly name: string;
  readonly url: string;
  /** Where the server says of itself what it is, if it has named the place. */
  readonly saidAt: string | undefined;
  /** One of several authorization servers that is known already. */
  readonly preferred: string | undefined;
}

/**
 * Finds a server's authorization server: by what the server says of itself (RFC 9728), and where it says nothing as the revision
 * 2025-03-26 had it. Throws an `AppError` in words, also for one that does not prove that it holds to PKCE.
 */
export async function discover(place: Place, fetch: EgressFetch): Promise<Found> {
  const { name, url } = place;
  const { discoverAuthorizationServerMetadata, resourceUrlFromServerUrl } =
    await import('@modelcontextprotocol/client');
  const { own, foundAt, isNamed } = await locate(place, fetch);
  const metadata = await discoverAuthorizationServerMetadata(foundAt, { fetchFn: fetch }).catch(
    (error: unknown) => {
      throw refusalOf(name, error, 'its authorization server');
    },
  );
  if (metadata === undefined && isNamed)
    throw refusal(name, 'its authorization server does not say what it can do.');
  if (metadata !== undefined) check(name, metadata);
  const scope = own?.scopes_supported?.join(' ');
  return {
    ...{ issuer: metadata?.issuer ?? foundAt, foundAt, metadata },
    resource: own?.resource ?? resourceUrlFromServerUrl(url).href,
    scope: scope === undefined || scope === '' || scope.length > MAX_SCOPE ? undefined : scope,
  };
}

/** Where a server's authorization server is. Throws an `AppError` in words. */
export async function locate(
  place: Place,
  fetch: EgressFetch,
): Promise<{
  readonly own: OAuthProtectedResourceMetadata | undefined;
  readonly foundAt: string;
  readonly isNamed: boolean;
}> {
  const own = await ownMetadata(place, fetch);
  const named = own?.authorization_servers ?? [];
  const first = named.find((one) => one === place.preferred) ?? named[0];
  if (first !== undefined && !URL.canParse(first))
    throw refusal(place.name, 'it names an authorization server that has no address.');
  return { own, foundAt: first ?? new URL('/', place.url).href, isNamed: first !== undefined };
}

/** What the server says of itself; absent: nothing. */
async function ownMetadata(
  { name, url, saidAt }: Place,
  fetch: EgressFetch,
): Promise<OAuthProtectedResourceMetadata | undefined> {
  const { checkResourceAllowed, discoverOAuthProtectedResourceMetadata, resourceUrlFromServerUrl } =
    await import('@modelcontextprotocol/client');
  let status = 0;
  const watched: EgressFetch = async (address, init) => {
    const response = await fetch(address, init);
    ({ status } = response);
    return response;
  };
  const options = saidAt === undefined ? {} : { resourceMetadataUrl: saidAt };
  const found = await discoverOAuthProtectedResourceMetadata(url, options, watched).catch(
    (error: unknown) => {
      // Where it names no place, it need not have one.
      const isNotThere = saidAt === undefined && status >= 400 && status < 500;
      if (isNotThere && !(error instanceof EgressError)) return undefined;
      throw refusalOf(name, error, 'what it says of itself');
    },
  );
  if (found === undefined) return undefined;
  const requestedResource = resourceUrlFromServerUrl(url);
  const isItself =
    URL.canParse(found.resource) &&
    checkResourceAllowed({ requestedResource, configuredResource: found.resource });
  if (!isItself) throw refusal(name, 'what it says of itself is about another server.');
  return found;
}

/** The package refuses those that say that they do not hold to PKCE; the protocol also those that do not say. */
function check(name: string, metadata: AuthorizationServerMetadata): void {
  if (metadata.code_challenge_methods_supported?.includes('S256') !== true)
    throw refusal(name, 'its authorization server does not say that it holds to PKCE (S256).');
  const { authorization_endpoint, token_endpoint, registration_endpoint } = metadata;
  for (const address of [
    authorization_endpoint,
    token_endpoint,
    registration_endpoint,
    revocationAt(metadata),
  ]) {
    const url = address === undefined ? undefined : URL.parse(address);
    if (url === null || (url !== undefined && !isPrivate(url)))
      throw refusal(name, 'its authorization server is not at an https:// address.');
  }
}

/** Where grants are taken back; absent: nowhere. OpenID's metadata has no such field of its own. */
export function revocationAt(metadata: AuthorizationServerMetadata): string | undefined {
  const { revocation_endpoint: address } = metadata as { readonly revocation_endpoint?: unknown };
  return typeof address === 'string' ? address : undefined;
}
