import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What an answer was drawn from: the highest level of the documents its model was shown, and which ones they were. */
export class WhatAnswersDrawOn1790000000020 extends ForwardOnly {
  readonly name = 'WhatAnswersDrawOn1790000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE messages
        -- NULL: not known. The answer is in progress, or a release without this column stored it; then its citations
        -- count.
        ADD COLUMN level smallint CHECK (level BETWEEN 0 AND 3),
        ADD COLUMN documents uuid[];

      -- The basis of the answer up to this event; NULL if a former release wrote it, or if it has no content.
      ALTER TABLE turn_events ADD COLUMN level smallint;
    `);
  }
}
