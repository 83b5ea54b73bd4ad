import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** The branch of each message, and its part of its turn. */
export class BranchesOfMessages1790000000029 extends ForwardOnly {
  readonly name = 'BranchesOfMessages1790000000029';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Existing messages are of branch 0. From here on an insert sets the branch, or, by a former release, the trigger
      -- does.
      ALTER TABLE messages
        ADD COLUMN branch integer DEFAULT 0,
        -- The order of messages with the same position: a turn's first answer, and those that follow it.
        ADD COLUMN part integer NOT NULL DEFAULT 0,
        ADD COLUMN tool_call_id text;
      ALTER TABLE messages ALTER COLUMN branch DROP DEFAULT;

      CREATE FUNCTION messages_follow_head() RETURNS trigger LANGUAGE plpgsql AS $body$
      BEGIN
        -- Before or after the turn's own row: a statement that inserts both leaves the order undefined.
        SELECT CASE WHEN head_has_children THEN branch_count + 1 ELSE head_branch END INTO NEW.branch
          FROM threads WHERE id = NEW.thread_id;
        RETURN NEW;
      END $body$;

      CREATE TRIGGER messages_follow_head BEFORE INSERT ON messages
        FOR EACH ROW WHEN (NEW.branch IS NULL) EXECUTE FUNCTION messages_follow_head();
    `);
  }
}
