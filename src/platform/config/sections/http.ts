import { isIP } from 'node:net';
import { list, publicAddress, rate, whole } from '../value-types.js';

/** Limits of requests, and which clients and proxies are trusted. */
export const httpVariables = {
  PUBLIC_URL: publicAddress
    .optional()
    .describe(
      'where browsers reach this server, such as https://chat.example.com: whoever logs in for an MCP server comes back there; unset: on this machine alone',
    ),
  RATE_LIMIT: rate.prefault('120/minute').describe('requests per user, or off'),
  RATE_LIMIT_IP: rate
    .optional()
    .describe('requests per address; unset: ten times RATE_LIMIT, and off with it'),
  BODY_LIMIT: whole(1_024, 104_857_600).default(1_048_576).describe('bytes of a request body'),
  MAX_BODY_BYTES_IN_FLIGHT: whole(1_048_576, 17_179_869_184)
    .default(134_217_728)
    .describe(
      'bytes of request bodies that a process holds at once, a quarter of them for one user; others wait',
    ),
  CORS_ORIGINS: list
    .optional()
    .describe('origins allowed to call from a browser, comma-separated; unset: none'),
  TRUST_PROXY: list
    .refine((networks) => networks.length > 0 && networks.every(isProxyNetwork), {
      error:
        'is a list of addresses or networks of proxies, such as 127.0.0.1 or 10.0.0.0/8; nobody else is believed',
    })
    .optional()
    .describe('addresses or networks of proxies whose X-Forwarded-For is believed, comma-separated'),
} as const;

/** The networks that have a name. */
const NAMED_NETWORKS: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);
const ADDRESS_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/**
 * Whether the text names proxies: an address, a network, or a named network. A network of all addresses is invalid: any
 * client could then claim any address.
 */
function isProxyNetwork(text: string): boolean {
  if (NAMED_NETWORKS.has(text)) return true;
  const [address = '', prefix, ...more] = text.split('/');
  const bits = ADDRESS_BITS[isIP(address)];
  if (bits === undefined || more.length > 0) return false;
  if (prefix === undefined) return true;
  if (isIP(prefix) === 4) return bits === 32 && prefix !== '0.0.0.0';
  return /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits;
}
