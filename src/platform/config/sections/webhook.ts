import { z } from 'zod';

/** Other systems that are told of what happens. */
export const webhookVariables = {
  WEBHOOKS_FILE: z
    .string()
    .optional()
    .describe('a JSON file with `webhooks`: addresses that are told of turns and runs, see docs/webhooks.md'),
} as const;
