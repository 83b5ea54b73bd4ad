import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** An attempt at a model may be made for a job, which has no turn. */
export class CausesOfAttempts1790000000022 extends ForwardOnly {
  readonly name = 'CausesOfAttempts1790000000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE llm_attempts_under_way
        ALTER COLUMN turn_id DROP NOT NULL,
        ADD COLUMN job_id text;
      ALTER TABLE llm_attempts
        ALTER COLUMN turn_id DROP NOT NULL,
        ADD COLUMN job_id text;
    `);
  }
}
