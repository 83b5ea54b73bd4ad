import { Injectable } from '@nestjs/common';
import type { Person } from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import type { UsageOfUser } from '../ports/usage-of-user.js';
import { ANONYMISE, IS_IN_FLIGHT } from './usage-of-user-statements.js';

/** Rows per statement: few enough that nobody waits for their locks. */
const ROWS = 1_000;

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
