import type { AuthorizationServerMetadata, OAuthClientMetadata } from '@modelcontextprotocol/client';
import type { McpClient } from '../../../../platform/config/index.js';
import type { EgressFetch } from '../../../../platform/egress/index.js';
import { clientMetadata, CLIENT_METADATA_PATH, OAUTH_CALLBACK_PATH } from '../../../core/client-metadata.js';
import type { Found } from './discover.js';
import type { KnownClient } from './grant.js';
import { refusal, refusalOf } from './refusal.js';

/** What an authorization server may know this server by. */
export interface Identity {
  /** As it was registered by people. */
  readonly registered: McpClient | undefined;
  /** As it has registered itself before, with this very authorization server. */
  readonly before: KnownClient | undefined;
  /** Where everybody reaches this server. */
  readonly publicUrl: string | undefined;
  readonly redirectUri: string;
}

/**
 * Says who this server is to an authorization server, in the order that the protocol has: as people have registered it, by the
 * address of its metadata, as it has registered itself, and by registering itself. Throws an `AppError` in words.
 */
export async function identify(
  name: string,
  found: Found,
  identity: Identity,
  fetch: EgressFetch,
): Promise<KnownClient> {
  const { registered, before, publicUrl, redirectUri } = identity;
  if (registered !== undefined) return asRegistered(name, found, registered);
  const isPublished =
    publicUrl?.startsWith('https:') === true && redirectUri === publicUrl + OAUTH_CALLBACK_PATH;
  if (isPublished && found.metadata?.client_id_metadata_document_supported === true)
    return {
      information: { client_id: publicUrl + CLIENT_METADATA_PATH, token_endpoint_auth_method: 'none' },
    };
  if (before?.registeredFor === redirectUri && (before.endsAt ?? Infinity) > Date.now()) return before;
  return register(name, found, identity, fetch);
}

function asRegistered(
  name: string,
  found: Found,
  { issuer, clientId, clientSecret }: McpClient,
): KnownClient {
  if (issuer !== found.issuer)
    throw refusal(
      name,
      'it is registered with another authorization server than the one that the MCP server names now.',
      'ours',
    );
  const secret = clientSecret === undefined ? {} : { client_secret: clientSecret };
  return { information: { client_id: clientId, ...secret } };
}

async function register(
  name: string,
  { foundAt, metadata }: Found,
  { publicUrl, redirectUri }: Identity,
  fetch: EgressFetch,
): Promise<KnownClient> {
  if (metadata !== undefined && metadata.registration_endpoint === undefined)
    throw refusal(
      name,
      'its authorization server wants this one to be registered first. Its operator does that, and sets `oauth`: see docs/mcp.md.',
      'ours',
    );
  const { registerClient, resolveClientMetadata } = await import('@modelcontextprotocol/client');
  const described: OAuthClientMetadata = {
    ...clientMetadata(publicUrl, redirectUri),
    token_endpoint_auth_method: methodFor(metadata),
  };
  const asked = resolveClientMetadata({ clientMetadata: described, redirectUrl: redirectUri });
  const information = await registerClient(foundAt, {
    ...{ clientMetadata: asked, fetchFn: fetch },
    ...(metadata !== undefined && { metadata }),
  }).catch((error: unknown) => {
    if ((error as { readonly name?: unknown }).name === 'RegistrationRejectedError')
      throw refusal(name, 'its authorization server does not register this one.');
    throw refusalOf(name, error, 'the registration at its authorization server');
  });
  const { client_id, client_secret, client_secret_expires_at, token_endpoint_auth_method } = information;
  return {
    information: {
      client_id,
      ...(client_secret !== undefined && { client_secret }),
      ...(token_endpoint_auth_method !== undefined && { token_endpoint_auth_method }),
    },
    registeredFor: redirectUri,
    // 0 stands for a secret that does not end.
    ...((client_secret_expires_at ?? 0) > 0 && { endsAt: client_secret_expires_at! * 1_000 }),
  };
}

/** This server can keep a secret, where one is wanted. */
function methodFor(metadata: AuthorizationServerMetadata | undefined): string {
  const supported = metadata?.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return ['client_secret_basic', 'client_secret_post'].find((method) => supported.includes(method)) ?? 'none';
}
