import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Attempts in flight, so that one whose process dies is in the ledger nevertheless; and the turn that began a run. */
export class AttemptsUnderWay1790000000007 extends ForwardOnly {
  readonly name = 'AttemptsUnderWay1790000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- As many rows as there are requests in flight: no index besides the key, and no foreign keys.
      CREATE TABLE llm_attempts_under_way (
        id uuid PRIMARY KEY,
        org_id text NOT NULL,
        user_id text NOT NULL,
        thread_id uuid,
        turn_id uuid NOT NULL,
        operation text NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        -- UTF-16 code units of the question.
        prompt_chars integer NOT NULL,
        started_at timestamptz NOT NULL
      );

      -- The attempt's process was gone, or assumed to be: another one has estimated the cost.
      ALTER TABLE llm_attempts ADD COLUMN was_lost boolean NOT NULL DEFAULT false;

      -- The turn whose message began the run.
      ALTER TABLE workflow_runs ADD COLUMN started_by uuid;
    `);
  }
}
