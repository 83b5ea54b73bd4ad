import { z } from 'zod';
import { CLEARANCES, MAX_ROLES, ROLE_NAME } from '../../kernel/index.js';
import { OWN_ORG_PREFIX } from './claims.js';
import { MAX_DEV_TOKEN_SECONDS } from './dev-tokens.js';

const id = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, {
    error: 'must not contain control characters',
  });

/** The body of `POST /auth/dev-token`; without a body the defaults apply. */
export const devTokenRequest = z
  .strictObject({
    sub: id.optional(),
    org: id
      .refine((org) => !org.startsWith(OWN_ORG_PREFIX), { error: `must not begin with ${OWN_ORG_PREFIX}` })
      .optional(),
    roles: z.array(z.string().regex(ROLE_NAME)).max(MAX_ROLES).optional(),
    clearance: z.enum(CLEARANCES).optional(),
    ttlSeconds: z.int().min(1).max(MAX_DEV_TOKEN_SECONDS).optional(),
  })
  .optional();

/** The body of `POST /auth/stream-ticket`. */
export const streamTicketRequest = z.strictObject({ threadId: z.guid() });

export const devTokenResponse = z.object({ token: z.string(), expiresAt: z.iso.datetime() });
export const streamTicketResponse = z.object({ ticket: z.string(), expiresAt: z.iso.datetime() });
