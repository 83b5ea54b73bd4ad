import { Injectable } from '@nestjs/common';
import type { Person } from '../../kernel/index.js';
import { Database, sql } from '../../platform/database/index.js';
import type { UsageOfUser } from '../ports/usage-of-user.js';

/** Rows a statement: few enough that nobody waits for their locks. */
const ROWS = 1_000;

const IS_IN_FLIGHT = sql(
  'usage_of_user.is_in_flight',
  'SELECT 1 AS one FROM llm_attempts_under_way WHERE org_id = $1 AND user_id = $2 LIMIT 1',
);

/** The organisation of somebody without one is named after them. */
const ANONYMISE = sql(
  'usage_of_user.anonymise',
  `UPDATE llm_attempts SET user_id = '', thread_id = NULL,
     org_id = CASE WHEN org_id = 'user:' || user_id THEN '' ELSE org_id END
   WHERE id = ANY(ARRAY(SELECT id FROM llm_attempts WHERE org_id = $1 AND user_id = $2 LIMIT $3))
   RETURNING 1 AS one`,
);

/** A user's rows in the ledger. */
@Injectable()
export class PostgresUsageOfUser implements UsageOfUser {
  constructor(private readonly database: Database) {}

  async isInFlight({ org, id }: Person): Promise<boolean> {
    return (await this.database.query(IS_IN_FLIGHT, [org, id])).length > 0;
  }

  async anonymise({ org, id }: Person): Promise<void> {
    while ((await this.database.query(ANONYMISE, [org, id, ROWS])).length === ROWS);
  }
}
