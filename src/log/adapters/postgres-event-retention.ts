import { Inject, Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/index.js';
import { COMPACTION_SQL, type CompactionSql } from '../ports/compaction-sql.js';
import type { EventRetention } from '../ports/event-retention.js';
import { compactStatement } from './retention-statements.js';

/** Compaction in Postgres: a few turns per statement. */
@Injectable()
export class PostgresEventRetention implements EventRetention {
  private readonly statement: Sql;

  constructor(
    private readonly database: Database,
    @Inject(COMPACTION_SQL) turns: CompactionSql,
  ) {
    this.statement = compactStatement(turns);
  }

  async compact(retentionMs: number, limit: number): Promise<number> {
    return (await this.database.query(this.statement, [retentionMs, limit])).length;
  }
}
