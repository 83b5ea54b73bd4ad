import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.js';

const LONGEST_URL = 8_192;

/** Domains that end on the machine or in the network of whoever looks them up. */
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
  // Of Kubernetes, Consul and Docker.
  'svc',
  'consul',
  'docker',
  'arpa',
  'onion',
  'test',
  'invalid',
  // Of clouds, where machines ask who they are.
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  // Public names of loopback, and of whatever address is written in them.
  'localtest.me',
  'lvh.me',
  'nip.io',
  'sslip.io',
  'xip.io',
];

/**
 * Why an address is none that anybody may be sent to on a client's word, as the end of a sentence that begins with it;
 * `undefined` for a plain `https:` one of the public internet. Nothing is looked up: whoever fetches it has to check the
 * address that the name turns out to have, by {@link isPublicAddress}.
 */
export function mistakeInPublicUrl(text: string): string | undefined {
  if (text.length > LONGEST_URL) return `is longer than ${LONGEST_URL} characters`;
  // Parsers differ in what they make of these, and so in whom they ask.
  if (!/^https:\/\/[^/\\]/.test(text) || /[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) {
    return 'is no https: address';
  }
  const { hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return 'has a name or a password in it';
  // The parser has made plain what was decimal, octal, hexadecimal or in letters of another width.
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(host) !== 0) return isPublicAddress(host) ? undefined : 'is an address that is not public';
  if (!host.includes('.')) return 'is a name without a dot, which is not public';
  return PRIVATE_DOMAINS.some((domain) => host === domain || host.endsWith(`.${domain}`))
    ? 'is a name that is not public'
    : undefined;
}
