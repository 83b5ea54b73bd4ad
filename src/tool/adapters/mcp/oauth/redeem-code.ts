import { AppError } from '../../../../kernel/index.js';
import type { EgressFetch } from '../../../../platform/egress/index.js';
import type { AuthorizationAnswer } from '../../../ports/server-authorization.js';
import type { Login, Tokens } from './grant.js';
import { refusal, refusalOf } from './refusal.js';
import { tokensOf } from './tokens.js';

const MAX_CODE = 4_000;

/** The tokens for which an authorization server has sent a code. Throws an `AppError` in words. */
export async function redeemCode(
  name: string,
  login: Login,
  { code, error, iss }: AuthorizationAnswer,
  fetch: EgressFetch,
): Promise<Tokens> {
  const { exchangeAuthorization, validateAuthorizationResponseIssuer } =
    await import('@modelcontextprotocol/client');
  const { authority, client, foundAt, redirectUri, resource, verifier } = login;
  try {
    // Before anything else of the answer is believed, an error as well.
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: authority?.issuer,
      issParameterSupported: authority?.authorization_response_iss_parameter_supported === true,
    });
    if (error !== undefined) throw refused(name, error);
    if (code === undefined || code === '' || code.length > MAX_CODE)
      throw refusal(name, 'its authorization server has sent nothing back.');
    const given = await exchangeAuthorization(foundAt, {
      ...{ clientInformation: client.information, authorizationCode: code, codeVerifier: verifier },
      ...{ redirectUri, resource, fetchFn: fetch },
      ...(iss !== undefined && { iss }),
      ...(authority !== undefined && { metadata: authority }),
    });
    const tokens = tokensOf(given);
    if (tokens === undefined)
      throw refusal(name, 'its authorization server gives tokens that cannot be used.');
    return tokens;
  } catch (caught) {
    if (caught instanceof AppError) throw caught;
    throw refusalOf(name, caught, 'its authorization server');
  }
}

function refused(name: string, error: string): AppError {
  if (error === 'access_denied') return refusal(name, 'it was refused there, by you or for you.', 'ours');
  const isAway = error === 'temporarily_unavailable' || error === 'server_error';
  return isAway
    ? refusal(name, 'its authorization server cannot do it at the moment. Begin again later.', 'away')
    : refusal(name, 'its authorization server does not take the request.');
}
