import { revocationAt, type Found } from './discover.js';
import type { Authority, KnownClient } from './grant.js';
import { isPrivate } from './oauth-fetch.js';
import { refusal, refusalOf } from './refusal.js';

const MAX_ADDRESS = 16_000;

interface Asked {
  readonly client: KnownClient;
  readonly redirectUri: string;
  readonly state: string;
  readonly scope: string | undefined;
}

/** The address at which a person logs in, and what proves later that it was asked for here (PKCE). */
export async function startLogin(
  name: string,
  { foundAt, metadata, resource }: Found,
  { client, redirectUri, state, scope }: Asked,
): Promise<{ readonly address: string; readonly verifier: string }> {
  const { startAuthorization } = await import('@modelcontextprotocol/client');
  const started = await startAuthorization(foundAt, {
    ...{ clientInformation: client.information, redirectUrl: redirectUri, state, resource },
    ...(metadata !== undefined && { metadata }),
    ...(scope !== undefined && { scope }),
  }).catch((error: unknown) => {
    throw refusalOf(name, error, 'its authorization server');
  });
  const { authorizationUrl, codeVerifier } = started;
  if (!isPrivate(authorizationUrl) || authorizationUrl.href.length > MAX_ADDRESS)
    throw refusal(name, 'its authorization server is not at an https:// address.');
  return { address: authorizationUrl.href, verifier: codeVerifier };
}

/** What is needed of an authorization server's metadata later. */
export function authorityOf({ metadata }: Found): Authority | undefined {
  if (metadata === undefined) return undefined;
  const { issuer, authorization_endpoint, token_endpoint } = metadata;
  const revocation_endpoint = revocationAt(metadata);
  const { response_types_supported, token_endpoint_auth_methods_supported } = metadata;
  const { authorization_response_iss_parameter_supported } = metadata;
  return {
    ...{ issuer, authorization_endpoint, token_endpoint, revocation_endpoint, response_types_supported },
    ...{ token_endpoint_auth_methods_supported, authorization_response_iss_parameter_supported },
  };
}
