import { isIP } from 'node:net';

/** The networks that the server knows by a name. */
const NAMED_NETWORKS: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);
const ADDRESS_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/**
 * Whether the text names proxies: an address, a network, or one of the networks that have a name. One that holds
 * everybody is none: it would have every client say by itself which address it has.
 */
export function isProxyNetwork(text: string): boolean {
  if (NAMED_NETWORKS.has(text)) return true;
  const [address = '', prefix, ...more] = text.split('/');
  const bits = ADDRESS_BITS[isIP(address)];
  if (bits === undefined || more.length > 0) return false;
  if (prefix === undefined) return true;
  if (isIP(prefix) === 4) return bits === 32 && prefix !== '0.0.0.0';
  return /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits;
}

const MIN_DISTINCT_CHARACTERS = 5;
const MAX_REPEATED_LENGTH = 4;

/** Whether a secret is more than a few characters over and over, which is what placeholders and test values are. */
export function isVaried(secret: string): boolean {
  if (new Set(secret).size < MIN_DISTINCT_CHARACTERS) return false;
  for (let length = 1; length <= MAX_REPEATED_LENGTH; length += 1)
    if (secret === secret.slice(0, length).padEnd(secret.length, secret.slice(0, length))) return false;
  return true;
}
