import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Which turn each turn follows. */
export class TreeOfTurns1790000000030 extends ForwardOnly {
  readonly name = 'TreeOfTurns1790000000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE turns
        ADD COLUMN parent_turn_id uuid,
        ADD COLUMN branch integer DEFAULT 0,
        -- The workflow's state after the turn; NULL: unchanged from the turn that it follows.
        ADD COLUMN workflow_state json,
        -- It has waited and continues: a process that takes it over begins nothing anew.
        ADD COLUMN is_resuming boolean NOT NULL DEFAULT false;
      ALTER TABLE turns ALTER COLUMN branch DROP DEFAULT;

      -- For inserts by a former release: the turn follows the head and becomes it.
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

      CREATE TRIGGER turns_follow_head BEFORE INSERT ON turns
        FOR EACH ROW WHEN (NEW.branch IS NULL) EXECUTE FUNCTION turns_follow_head();
    `);
  }
}
