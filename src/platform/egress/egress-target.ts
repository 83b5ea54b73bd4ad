import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { orAborted } from '../../kernel/index.js';
import { isBlockedPort } from './blocked-ports.js';
import { plainHost, type EgressAllow } from './egress-allow.js';
import { EgressError } from './egress-error.js';
import { isPublicAddress } from './public-address.js';
import { isPublicName, MAX_URL_LENGTH } from './public-url.js';
import { resolveByDns, resolveLocally, type ResolveHost } from './resolve-host.js';

/** More are checked, and not tried. */
const MAX_ADDRESSES = 8;

/** A URL that may be fetched, and the addresses that were checked: to no other one is connected. */
export interface EgressTarget {
  readonly url: URL;
  readonly addresses: readonly string[];
}

export interface EgressRules {
  readonly allow: EgressAllow;
  /** What resolves names instead of DNS; for tests. */
  readonly resolve?: ResolveHost | undefined;
}

/** Checks a URL without resolving its name. Throws {@link EgressError}. */
export function checkEgressUrl(text: string, allow: EgressAllow): URL {
  if (text.length > MAX_URL_LENGTH || /[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) {
    throw new EgressError(
      'malformed',
      'The address is malformed. Give a whole one that begins with https:// or http://.',
    );
  }
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new EgressError('scheme', 'Only http and https addresses are fetched.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new EgressError('credentials', 'The address has a name or a password in it, which is not sent.');
  }
  const port = portOf(url);
  if (isBlockedPort(port) && !allow.hasPort(url.hostname, port)) {
    throw new EgressError('port', 'The address has a port that is not for websites.');
  }
  const host = plainHost(url.hostname);
  if (isIP(host) === 0 && !isPublicName(host) && !allow.hasHost(host, port)) throw notPublic();
  return url;
}

/**
 * Resolves a URL's name, once, and checks every address that it has: one that is not public refuses them all. Throws
 * {@link EgressError}.
 */
export async function egressTarget(
  text: string,
  { allow, resolve }: EgressRules,
  signal: AbortSignal,
): Promise<EgressTarget> {
  const url = checkEgressUrl(text, allow);
  const host = plainHost(url.hostname);
  const isAllowed = allow.hasHost(host, portOf(url));
  const addresses =
    isIP(host) === 0
      ? await addressesOf(host, resolve ?? (isAllowed ? resolveLocally : resolveByDns), signal)
      : [host];
  if (!isAllowed && !addresses.every((address) => mayReach(address, allow))) throw notPublic();
  return { url, addresses: addresses.slice(0, MAX_ADDRESSES) };
}

async function addressesOf(
  host: string,
  resolve: ResolveHost,
  signal: AbortSignal,
): Promise<readonly string[]> {
  // A lookup by the operating system cannot be stopped.
  const addresses = await orAborted(
    resolve(host, signal).catch(() => []),
    signal,
  );
  signal.throwIfAborted();
  if (addresses.length === 0) throw new EgressError('name', 'No server of that name is found.');
  return addresses;
}

/**
 * Addresses of this machine count as not public, also those that are: what listens on them may be shielded from
 * everybody else.
 */
function mayReach(address: string, allow: EgressAllow): boolean {
  if (allow.hasAddress(address)) return true;
  return isPublicAddress(address) && !ownAddresses().has(address);
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  );
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

function notPublic(): EgressError {
  return new EgressError('address', 'The address is not public.');
}
