import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What an answer was drawn from: the highest level of the documents its model was shown, and which ones they were. */
export class WhatAnswersDrawOn1790000000020 extends ForwardOnly {
  readonly name = 'WhatAnswersDrawOn1790000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE messages
        -- NULL: not known. It is being said, or was said by a release that did not keep it; then what it cites counts.
        ADD COLUMN level smallint CHECK (level BETWEEN 0 AND 3),
        ADD COLUMN documents uuid[];

      -- Of what the answer was drawn from by then; NULL where a former release wrote it, or where nothing can be quoted.
      ALTER TABLE turn_events ADD COLUMN level smallint;
    `);
  }
}
