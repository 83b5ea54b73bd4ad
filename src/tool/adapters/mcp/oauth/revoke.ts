import type { EgressFetch } from '../../../../platform/egress/index.js';
import type { Grant, KnownClient } from './grant.js';

/**
 * Tells the authorization server that the grant is over (RFC 7009), where it takes that; whether it has taken it. The refresh
 * token stands for all that came of it.
 */
export async function revokeAt({ authority, client, tokens }: Grant, fetch: EgressFetch): Promise<boolean> {
  const endpoint = authority?.revocation_endpoint;
  if (endpoint === undefined || tokens === undefined) return false;
  const { refresh, access } = tokens;
  const [token, hint] = refresh === undefined ? [access, 'access_token'] : [refresh, 'refresh_token'];
  const body = new URLSearchParams({ token, token_type_hint: hint });
  const headers = await authenticated(client, authority?.token_endpoint_auth_methods_supported ?? [], body);
  const response = await fetch(endpoint, { method: 'POST', headers, body });
  await response.text();
  return response.ok;
}

async function authenticated(
  { information }: KnownClient,
  supported: string[],
  body: URLSearchParams,
): Promise<Record<string, string>> {
  const { selectClientAuthMethod } = await import('@modelcontextprotocol/client');
  const { client_id, client_secret } = information;
  if (selectClientAuthMethod(information, supported) === 'client_secret_basic') {
    const login = Buffer.from(`${client_id}:${client_secret ?? ''}`).toString('base64');
    return { authorization: `Basic ${login}` };
  }
  body.set('client_id', client_id);
  if (client_secret !== undefined) body.set('client_secret', client_secret);
  return {};
}
