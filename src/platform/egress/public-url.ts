import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.js';

/** The longest URL that is taken. */
export const MAX_URL_LENGTH = 8_192;

/** Domains that resolve to the local machine or network. */
const PRIVATE_DOMAINS = [
  'localhost',
  'local',
  'localdomain',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
  // Kubernetes, Consul and Docker.
  'svc',
  'consul',
  'docker',
  'arpa',
  'onion',
  'test',
  'invalid',
  // Metadata services of clouds.
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  // Public names that resolve to loopback, or to the address in the name.
  'localtest.me',
  'lvh.me',
  'nip.io',
  'sslip.io',
  'xip.io',
];

/**
 * Why a URL from a client must not be fetched, as the rest of a sentence that begins with the URL; `undefined` for a
 * plain `https:` URL of the public internet. The name is not resolved: the code that fetches it must check the resolved
 * address with {@link isPublicAddress}.
 */
export function publicUrlProblem(text: string): string | undefined {
  if (text.length > MAX_URL_LENGTH) return `is longer than ${MAX_URL_LENGTH} characters`;
  // Parsers differ in how they read these, and so in the host they connect to.
  if (!/^https:\/\/[^/\\]/.test(text) || /[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) {
    return 'is no https: address';
  }
  const { hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return 'has a name or a password in it';
  // The parser has normalised decimal, octal, hexadecimal and full-width forms.
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(host) !== 0) return isPublicAddress(host) ? undefined : 'is an address that is not public';
  if (!host.includes('.')) return 'is a name without a dot, which is not public';
  return isPublicName(host) ? undefined : 'is a name that is not public';
}

/** Whether a name, without a dot at its end, could be one of the public internet. */
export function isPublicName(host: string): boolean {
  return (
    host.includes('.') && !PRIVATE_DOMAINS.some((domain) => host === domain || host.endsWith(`.${domain}`))
  );
}
