import type { Config } from '../../platform/config/index.js';

const GOOGLE = 'https://accounts.google.com';

/** The issuers whose tokens this server takes and whose address says where clients can ask for one. */
export function issuersOf({
  JWT_ISSUER: own,
  GOOGLE_CLIENT_ID: google,
}: Pick<Config, 'JWT_ISSUER' | 'GOOGLE_CLIENT_ID'>): readonly string[] {
  const isAddress = own !== undefined && URL.canParse(own) && /^https?:$/.test(new URL(own).protocol);
  return [...(isAddress ? [own] : []), ...(google === undefined ? [] : [GOOGLE])];
}
