import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** In which step and round of its turn a model was asked, and what for: nothing is known of those that a former release has told. */
export class CausesOfAttempts1790000000039 extends ForwardOnly {
  readonly name = 'CausesOfAttempts1790000000039';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['llm_attempts', 'llm_attempts_under_way'])
      await runner.query(
        `ALTER TABLE ${table} ADD COLUMN step text, ADD COLUMN round smallint, ADD COLUMN purpose text`,
      );
  }
}
