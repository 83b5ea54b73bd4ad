import { z } from 'zod';
import { flag, list, webAddress } from '../value-types.js';

/** Authentication. */
export const authVariables = {
  AUTH_DEV: flag
    .optional()
    .describe(
      'POST /auth/dev-token exists, for this machine; on by itself only on loopback, with no other authentication configured, outside production',
    ),
  JWT_SECRET: z
    .string()
    .refine((value) => Buffer.byteLength(value) >= 32, { error: 'needs at least 32 bytes' })
    .refine(isVaried, { error: 'is a few characters over and over; make one with `openssl rand -base64 32`' })
    .optional()
    .describe('key of HS256 tokens'),
  JWT_JWKS_URI: webAddress
    .optional()
    .describe('where the keys of RS256, ES256 and EdDSA tokens are published'),
  JWT_ISSUER: z.string().optional().describe('`iss` a token must have'),
  JWT_AUDIENCE: z.string().optional().describe('`aud` a token must have'),
  GOOGLE_CLIENT_ID: z.string().optional().describe('takes Google ID tokens made for this client'),
  GOOGLE_JWKS_URI: webAddress
    .default('https://www.googleapis.com/oauth2/v3/certs')
    .describe("where Google's keys are published"),
  ALLOWED_EMAILS: list
    .optional()
    .describe('with Google tokens: the verified e-mail addresses let in, comma-separated'),
  AUTH_PRIMARY_ISSUER: z
    .enum(['jwt', 'google'], { error: 'is jwt or google' })
    .optional()
    .describe(
      'with JWT_… and GOOGLE_CLIENT_ID both set: whose users keep their bare `sub` as id; the ids of the others begin with their issuer; unset: jwt',
    ),
} as const;

const MIN_DISTINCT_CHARACTERS = 5;
const MAX_REPEATED_LENGTH = 4;

/** Whether a secret is more than a few repeated characters, as placeholders and test values are. */
function isVaried(secret: string): boolean {
  if (new Set(secret).size < MIN_DISTINCT_CHARACTERS) return false;
  for (let length = 1; length <= MAX_REPEATED_LENGTH; length += 1)
    if (secret === secret.slice(0, length).padEnd(secret.length, secret.slice(0, length))) return false;
  return true;
}
