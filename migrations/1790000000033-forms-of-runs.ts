import { ForwardOnly } from './forward-only.js';
import type { QueryRunner } from 'typeorm';

/** The branch that a run belongs to, and what people have entered into the forms of its steps. */
export class FormsOfRuns1790000000033 extends ForwardOnly {
  readonly name = 'FormsOfRuns1790000000033';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE workflow_runs
        ADD COLUMN branch integer NOT NULL DEFAULT 0,
        -- \`json\`, not \`jsonb\`: stored unchanged. NULL: nothing.
        ADD COLUMN entered json
    `);
  }
}
