import { ForwardOnly } from './forward-only.js';
import type { QueryRunner } from 'typeorm';

/** The steps of a run that are active side by side or inside another one, and those that it has been through. */
export class PositionsOfRuns1790000000046 extends ForwardOnly {
  readonly name = 'PositionsOfRuns1790000000046';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE workflow_runs
        -- \`json\`, not \`jsonb\`: stored unchanged. NULL: the run's \`step\` alone is active.
        ADD COLUMN position json
    `);
    await runner.query(`
      CREATE TABLE workflow_run_steps (
        run_id uuid NOT NULL REFERENCES workflow_runs (id) ON DELETE CASCADE,
        -- How many steps of the run were done before.
        steps_before integer NOT NULL,
        step text NOT NULL,
        status text NOT NULL,
        turn_id uuid NOT NULL,
        started_at timestamptz NOT NULL,
        ended_at timestamptz NOT NULL DEFAULT now(),
        error_code text,
        PRIMARY KEY (run_id, steps_before)
      )
    `);
  }
}
