import { z } from 'zod';
import { whole } from '../value-types.js';

/** How the process runs and stops. */
export const processVariables = {
  NODE_ENV: z.string().default('development').describe('`production` turns every development default off'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  PORT: whole(0, 65_535)
    .default(3000)
    .describe(
      'port to listen on; 0 takes a free one, and so does a start outside of production that finds the default taken',
    ),
  ROLE: z
    .enum(['all', 'api', 'worker'], { error: 'is all, api or worker' })
    .default('all')
    .describe('what this process does: serve and run turns, only serve, only run turns'),
  SHUTDOWN_GRACE_MS: whole(0, 600_000)
    .default(8_000)
    .describe('how long running turns may go on after SIGTERM'),
  SHUTDOWN: z
    .enum(['leave', 'interrupt'], { error: 'is leave or interrupt' })
    .default('leave')
    .describe(
      'what becomes of the turns that run on after that, where no other process is there: leave them for the next start, or interrupt them',
    ),
  STOP_WITH_PARENT: z
    .string()
    .regex(/^(true|false|[1-9]\d{0,9})$/, { error: 'is true, false or the number of a process' })
    .optional()
    .describe(
      'a stop when the process that started this one (its number, or true) ends; unset: when npm did, and ran nothing else',
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'is fatal, error, warn, info, debug, trace or silent',
    })
    .default('info')
    .describe('least severe level that is logged'),
} as const;
