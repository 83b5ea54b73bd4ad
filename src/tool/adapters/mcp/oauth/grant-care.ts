import { AppError } from '../../../../kernel/index.js';
import { EgressError, type EgressFetch } from '../../../../platform/egress/index.js';
import type { ServerTarget } from '../../../ports/tool-servers.js';
import type { GrantCare } from './bearer.js';
import { discover, locate, type Place } from './discover.js';
import type { Grant, Tokens } from './grant.js';
import { authorityOf } from './start-login.js';
import { tokensOf } from './tokens.js';

/** What authorization servers say when a grant is over, or this server is not known any more. */
const OVER = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client', 'invalid_scope']);

/** Asks a server and its authorization server about grants; each time with a fetch of its own. */
export function careOf({ name }: ServerTarget, fetchAnew: () => EgressFetch): GrantCare {
  return {
    async isStillFor(grant) {
      const { foundAt } = await notCalled(locate(placeOf(name, grant), fetchAnew()));
      return foundAt === grant.foundAt;
    },
    async renewed(grant) {
      const { refresh } = grant.tokens;
      if (refresh === undefined) return undefined;
      const fetch = fetchAnew();
      const found = await notCalled(discover(placeOf(name, grant), fetch));
      if (found.issuer !== grant.issuer) return undefined;
      return notCalled(refreshed({ ...grant, authority: authorityOf(found) }, refresh, fetch));
    },
  };
}

function placeOf(name: string, { url, saidAt, foundAt }: Grant): Place {
  return { name, url, saidAt, preferred: foundAt };
}

async function refreshed(
  { foundAt, authority, client, resource }: Grant,
  refreshToken: string,
  fetch: EgressFetch,
): Promise<Tokens | undefined> {
  const { refreshAuthorization } = await import('@modelcontextprotocol/client');
  try {
    const given = await refreshAuthorization(foundAt, {
      ...{ clientInformation: client.information, refreshToken, resource, fetchFn: fetch },
      ...(authority !== undefined && { metadata: authority }),
    });
    return tokensOf(given);
  } catch (error) {
    const { code } = (error ?? {}) as { readonly code?: unknown };
    if (typeof code === 'string' && OVER.has(code)) return undefined;
    throw error;
  }
}

/** Whatever goes wrong with a token, the request that it was for was not sent, or was refused. */
async function notCalled<Answer>(asking: Promise<Answer>): Promise<Answer> {
  try {
    return await asking;
  } catch (error) {
    const words =
      error instanceof AppError
        ? error.message
        : 'Its authorization server cannot be asked for another token.';
    throw new EgressError('connection', words);
  }
}
