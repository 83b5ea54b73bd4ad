import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/**
 * The turns of a thread form a tree. A branch is a run of turns of which each follows the one before: the first one of a thread
 * is 0, and each turn that has a sibling already begins another.
 *
 * This and the two migrations after it lock one table each: a statement of the former release that holds one of two and
 * waits for the other would keep them, and they it.
 */
export class HeadsOfThreads1790000000028 extends ForwardOnly {
  readonly name = 'HeadsOfThreads1790000000028';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE threads
        -- The turn whose branch is shown and continued, the one that it follows, and its branch.
        ADD COLUMN head_turn_id uuid,
        ADD COLUMN head_parent_turn_id uuid,
        ADD COLUMN head_branch integer NOT NULL DEFAULT 0,
        -- The next turn after the head begins a branch.
        ADD COLUMN head_has_children boolean NOT NULL DEFAULT false,
        ADD COLUMN branch_count integer NOT NULL DEFAULT 0,
        -- Messages besides each turn's first two: message_count assigns positions, and these have none of their own.
        ADD COLUMN further_messages integer NOT NULL DEFAULT 0;

      -- The ancestors of a branch, the oldest first, and the position at which each is left.
      CREATE TABLE thread_branches (
        thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
        branch integer NOT NULL,
        path integer[] NOT NULL,
        ends integer[] NOT NULL,
        PRIMARY KEY (thread_id, branch)
      );
    `);
  }
}
