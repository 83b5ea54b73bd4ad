import { isThisMachine, VERSION, type Config } from '../../../../platform/config/index.js';
import {
  EgressAllow,
  EgressError,
  egressFetch,
  type EgressFetch,
} from '../../../../platform/egress/index.js';
import type { ServerTarget } from '../../../ports/tool-servers.js';

const MAX_BYTES = 200_000;
const LIMITS = {
  maxBytes: MAX_BYTES,
  maxEventBytes: MAX_BYTES,
  maxStreamBytes: MAX_BYTES,
  headersMs: 10_000,
};

/**
 * Fetches what authorization has to do with: by TLS, but for this machine and for the server's own address as it is configured,
 * and where the operator lets servers be reached. The signal ends all of it.
 */
export function oauthFetch(
  { EGRESS_ALLOW }: Pick<Config, 'EGRESS_ALLOW'>,
  target: ServerTarget,
  signal: AbortSignal,
): EgressFetch {
  const named = namedBy(target);
  const allow = new EgressAllow([...EGRESS_ALLOW, ...(target.isConfigured ? named.map(hostAndPort) : [])]);
  const fetch = egressFetch({ ...LIMITS, allow, userAgent: `Threadline/${VERSION}` });
  const own = named[0]?.origin;
  return (address, init = {}) => {
    const url = new URL(address);
    if (!isPrivate(url) && url.origin !== own)
      return Promise.reject(new EgressError('scheme', 'The address is not an https:// address.'));
    const signals =
      init.signal === undefined || init.signal === null ? signal : AbortSignal.any([init.signal, signal]);
    return fetch(url, { ...init, signal: signals });
  };
}

/** Whether nobody on the way can read along. */
export function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isThisMachine(hostname));
}

/** The addresses that whoever has set the server up names: its own and that of its authorization server. */
function namedBy({ endpoint }: ServerTarget): URL[] {
  if (endpoint.transport !== 'http') return [];
  const issuer = endpoint.client === undefined ? [] : [new URL(endpoint.client.issuer)];
  return [new URL(endpoint.url), ...issuer];
}

function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}
