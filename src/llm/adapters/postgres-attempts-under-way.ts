import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/index.js';
import type { AttemptsUnderWay } from '../ports/attempts-under-way.js';
import type { AttemptRecord, BegunAttempt } from '../ports/usage-ledger.js';
import { CLOSE, UNDER_WAY_BEFORE, UNDER_WAY_OF_TURN } from './usage-statements.js';
import { recordedValues } from './usage-values.js';

interface UnderWayRow {
  readonly id: string;
  readonly org_id: string;
  readonly user_id: string;
  readonly thread_id: string | null;
  readonly turn_id: string;
  readonly operation: BegunAttempt['operation'];
  readonly provider: string;
  readonly model: string;
  readonly prompt_chars: number;
  readonly started_at: Date;
}

/** The attempts under way in Postgres, as the ledgers of all processes have stored them. */
@Injectable()
export class PostgresAttemptsUnderWay implements AttemptsUnderWay {
  constructor(private readonly database: Database) {}

  async ofTurn(turnId: string): Promise<readonly BegunAttempt[]> {
    return (await this.database.query<UnderWayRow>(UNDER_WAY_OF_TURN, [turnId])).map(begunFrom);
  }

  async before(time: Date, limit: number): Promise<readonly BegunAttempt[]> {
    return (await this.database.query<UnderWayRow>(UNDER_WAY_BEFORE, [time, limit])).map(begunFrom);
  }

  async close(reckoned: readonly AttemptRecord[]): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ readonly id: string }>(CLOSE, recordedValues(reckoned));
    return new Set(rows.map(({ id }) => id));
  }
}

function begunFrom(row: UnderWayRow): BegunAttempt {
  return {
    id: row.id,
    org: row.org_id,
    user: row.user_id,
    threadId: row.thread_id,
    turnId: row.turn_id,
    operation: row.operation,
    provider: row.provider,
    model: row.model,
    promptChars: row.prompt_chars,
    at: row.started_at.toISOString(),
  };
}
