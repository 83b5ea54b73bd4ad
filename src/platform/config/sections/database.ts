import { z } from 'zod';
import { whole } from '../value-types.js';

/** An address of Postgres, as the driver can read it. */
const postgresAddress = z
  .string()
  // Not strictly a URL: with a socket it has no host.
  .regex(/^postgres(ql)?:\/\/\S+$/, { error: 'is a postgres:// address' })
  .refine(isReadableByDriver, {
    error: 'cannot be read; in a password, / ? # and @ are written %2F %3F %23 and %40',
  });

/** Where data are stored. */
export const databaseVariables = {
  DATA_DIR: z
    .string()
    .default('./data')
    .describe('where the embedded database lives when DATABASE_URL is unset'),
  DATABASE_URL: postgresAddress.optional().describe('Postgres to use instead of the embedded one'),
  DATABASE_DIRECT_URL: postgresAddress
    .optional()
    .describe('the same database past a pooler in transaction mode; docs/postgres.md'),
  DATABASE_POOL_SIZE: whole(2, 200).default(10).describe('connections of this process for requests'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'is a redis:// address' })
    .regex(/^rediss?:\/\/[^/]+(\/\d{0,4})?(\?.*)?$/, {
      error: 'is a redis:// address; what follows the host is the number of a database',
    })
    .optional()
    .describe('Redis for the queue and the live log; unset: Postgres alone'),
} as const;

/** Parses as the driver does, which inserts a placeholder for a missing host. */
function isReadableByDriver(address: string): boolean {
  return URL.canParse(address) || URL.canParse(address.replace('@/', '@socket/'));
}
