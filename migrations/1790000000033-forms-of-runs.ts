import { ForwardOnly } from './forward-only.js';
import type { QueryRunner } from 'typeorm';

/** What people have entered into the forms of a run's steps. */
export class FormsOfRuns1790000000033 extends ForwardOnly {
  readonly name = 'FormsOfRuns1790000000033';

  async up(runner: QueryRunner): Promise<void> {
    // `json`: kept to the letter. NULL: nothing.
    await runner.query('ALTER TABLE workflow_runs ADD COLUMN entered json');
  }
}
