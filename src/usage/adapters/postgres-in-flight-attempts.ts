import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/index.js';
import type { AttemptCause, AttemptPurpose } from '../core/attempt-cause.js';
import type { InFlightAttempts } from '../ports/in-flight-attempts.js';
import type { AttemptRecord, BegunAttempt } from '../ports/usage-ledger.js';
import { CLOSE, IN_FLIGHT_BEFORE, IN_FLIGHT_OF_TURN } from './usage-statements.js';
import { recordedValues } from './usage-values.js';

interface InFlightRow {
  readonly id: string;
  readonly org_id: string;
  readonly user_id: string;
  readonly thread_id: string | null;
  /** Absent for jobs only. */
  readonly turn_id: string | null;
  readonly job_id: string | null;
  readonly step: string | null;
  readonly round: number | null;
  readonly purpose: AttemptPurpose | null;
  readonly operation: BegunAttempt['operation'];
  readonly provider: string;
  readonly model: string;
  readonly prompt_chars: number;
  readonly started_at: Date;
}

/** The attempts in flight in Postgres, as the ledgers of all processes have stored them. */
@Injectable()
export class PostgresInFlightAttempts implements InFlightAttempts {
  constructor(private readonly database: Database) {}

  async ofTurn(turnId: string): Promise<readonly BegunAttempt[]> {
    return (await this.database.query<InFlightRow>(IN_FLIGHT_OF_TURN, [turnId])).map(begunFrom);
  }

  async before(time: Date, limit: number): Promise<readonly BegunAttempt[]> {
    return (await this.database.query<InFlightRow>(IN_FLIGHT_BEFORE, [time, limit])).map(begunFrom);
  }

  async close(reckoned: readonly AttemptRecord[]): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ readonly id: string }>(CLOSE, recordedValues(reckoned));
    return new Set(rows.map(({ id }) => id));
  }
}

function begunFrom(row: InFlightRow): BegunAttempt {
  return {
    id: row.id,
    org: row.org_id,
    user: row.user_id,
    cause: causeOf(row),
    operation: row.operation,
    provider: row.provider,
    model: row.model,
    promptChars: row.prompt_chars,
    at: row.started_at.toISOString(),
  };
}

function causeOf({
  thread_id: threadId,
  turn_id: turnId,
  job_id: jobId,
  step,
  round,
  purpose,
}: InFlightRow): AttemptCause {
  if (jobId !== null) return { type: 'job', jobId };
  if (turnId === null) throw new Error('an attempt is stored without its cause');
  const asked = {
    ...(step !== null && { step }),
    ...(round !== null && { round }),
    ...(purpose !== null && { purpose }),
  };
  if (threadId === null) return { type: 'stateless', requestId: turnId, ...asked };
  return { type: 'turn', threadId, turnId, ...asked };
}
