import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Attempts at a model that have not ended, so that one whose process dies is in the ledger all the same; and who began a run. */
export class AttemptsUnderWay1790000000007 extends ForwardOnly {
  readonly name = 'AttemptsUnderWay1790000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- As many rows as there are requests at providers now: it has no index but its key, and no foreign keys.
      CREATE TABLE llm_attempts_under_way (
        id uuid PRIMARY KEY,
        org_id text NOT NULL,
        user_id text NOT NULL,
        thread_id uuid,
        turn_id uuid NOT NULL,
        operation text NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        -- UTF-16 code units of what was asked.
        prompt_chars integer NOT NULL,
        started_at timestamptz NOT NULL
      );

      -- The attempt's process was gone, or was taken to be: another one has reckoned what it cost.
      ALTER TABLE llm_attempts ADD COLUMN was_lost boolean NOT NULL DEFAULT false;

      -- The turn whose message began the run.
      ALTER TABLE workflow_runs ADD COLUMN started_by uuid;
    `);
  }
}
