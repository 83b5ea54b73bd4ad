import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/**
 * The turns of a thread form a tree. A branch is a run of turns of which each follows the one before: the first one of a thread
 * is 0, and each turn that has a sibling already begins another.
 */
export class TreeOfTurns1790000000030 extends ForwardOnly {
  readonly name = 'TreeOfTurns1790000000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE threads
        -- The turn whose branch is shown and continued, the one that it follows, and its branch.
        ADD COLUMN head_turn_id uuid,
        ADD COLUMN head_parent_turn_id uuid,
        ADD COLUMN head_branch integer NOT NULL DEFAULT 0,
        -- What follows the head begins a branch.
        ADD COLUMN head_has_children boolean NOT NULL DEFAULT false,
        ADD COLUMN branch_count integer NOT NULL DEFAULT 0,
        -- Messages besides each turn's first two: message_count gives out positions, and those have none of their own.
        ADD COLUMN further_messages integer NOT NULL DEFAULT 0;

      -- What is there is of branch 0. From here on whoever inserts says so, or, as a former release, leaves it to the triggers.
      ALTER TABLE turns
        ADD COLUMN parent_turn_id uuid,
        ADD COLUMN branch integer DEFAULT 0,
        -- Where the thread's workflow stands after the turn; NULL: as after the one that it follows.
        ADD COLUMN workflow_state json;
      ALTER TABLE turns ALTER COLUMN branch DROP DEFAULT;

      ALTER TABLE messages
        ADD COLUMN branch integer DEFAULT 0,
        -- The place among the messages of its position: a turn's first answer, and those that follow it.
        ADD COLUMN part integer NOT NULL DEFAULT 0,
        ADD COLUMN tool_call_id text;
      ALTER TABLE messages ALTER COLUMN branch DROP DEFAULT;

      -- What a branch goes back to: the branches before it, the oldest first, and the position at which each is left.
      CREATE TABLE thread_branches (
        thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
        branch integer NOT NULL,
        path integer[] NOT NULL,
        ends integer[] NOT NULL,
        PRIMARY KEY (thread_id, branch)
      );

      -- The branch that the run belongs to.
      ALTER TABLE workflow_runs ADD COLUMN branch integer NOT NULL DEFAULT 0;
    `);
    await runner.query(TRIGGERS);
  }
}

/** What a former release does not say of a turn: it follows the head and becomes it. */
const TRIGGERS = `
  CREATE FUNCTION turns_follow_head() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    UPDATE threads SET head_parent_turn_id = head_turn_id, head_turn_id = NEW.id,
      head_branch = CASE WHEN head_has_children THEN branch_count + 1 ELSE head_branch END,
      branch_count = branch_count + head_has_children::int, head_has_children = false
    WHERE id = NEW.thread_id
    RETURNING head_parent_turn_id, head_branch INTO NEW.parent_turn_id, NEW.branch;
    INSERT INTO thread_branches (thread_id, branch, path, ends)
      SELECT NEW.thread_id, NEW.branch, COALESCE(b.path, '{}') || p.branch, COALESCE(b.ends, '{}') || m.position
      FROM turns p
      JOIN messages m ON m.id = p.assistant_message_id
      LEFT JOIN thread_branches b ON b.thread_id = p.thread_id AND b.branch = p.branch
      WHERE p.id = NEW.parent_turn_id AND p.branch <> NEW.branch
    ON CONFLICT DO NOTHING;
    RETURN NEW;
  END $body$;

  CREATE FUNCTION messages_follow_head() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    -- Before or after the turn's own row: the statement that inserts both leaves the order open.
    SELECT CASE WHEN head_has_children THEN branch_count + 1 ELSE head_branch END INTO NEW.branch
      FROM threads WHERE id = NEW.thread_id;
    RETURN NEW;
  END $body$;

  CREATE TRIGGER turns_follow_head BEFORE INSERT ON turns
    FOR EACH ROW WHEN (NEW.branch IS NULL) EXECUTE FUNCTION turns_follow_head();
  CREATE TRIGGER messages_follow_head BEFORE INSERT ON messages
    FOR EACH ROW WHEN (NEW.branch IS NULL) EXECUTE FUNCTION messages_follow_head();`;
