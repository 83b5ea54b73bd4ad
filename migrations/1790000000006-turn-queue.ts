import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/**
 * Queued turns, the processes that can take them over, and the result that a completed step leaves for such a process.
 */
export class TurnQueue1790000000006 extends ForwardOnly {
  readonly name = 'TurnQueue1790000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE turns
        -- The place in its thread's queue: the position of the answer among the thread's messages.
        ADD COLUMN position integer,
        -- Goes before the others in the queue: it has interrupted the turn that they wait for.
        ADD COLUMN is_urgent boolean NOT NULL DEFAULT false,
        -- Waits for a process only, not for another turn of its thread.
        ADD COLUMN holds_thread boolean NOT NULL DEFAULT false,
        ADD COLUMN interrupt_requested boolean NOT NULL DEFAULT false,
        -- The message_saved event of a turn that waits: it is written when the turn begins.
        ADD COLUMN saved_event text,
        -- When the pieces of its answer were compacted.
        ADD COLUMN compacted_at timestamptz;

      CREATE UNIQUE INDEX turns_one_holder_per_thread ON turns (thread_id)
        WHERE status IN ('running', 'waiting') OR (status = 'queued' AND holds_thread);
      DROP INDEX turns_one_active_per_thread;
      CREATE INDEX turns_in_line ON turns (thread_id, is_urgent DESC, position) WHERE status = 'queued';
      CREATE INDEX turns_queued ON turns (created_at) WHERE status = 'queued';
      CREATE INDEX turns_to_compact ON turns (ended_at) WHERE ended_at IS NOT NULL AND compacted_at IS NULL;

      CREATE TABLE processes (
        id uuid PRIMARY KEY,
        runs_turns boolean NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE workflow_step_results (
        turn_id uuid PRIMARY KEY REFERENCES turns ON DELETE CASCADE,
        run_id uuid NOT NULL REFERENCES workflow_runs ON DELETE CASCADE,
        step text NOT NULL,
        -- \`json\`, not \`jsonb\`: stored unchanged.
        result json NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX workflow_step_results_by_age ON workflow_step_results (created_at);
      CREATE INDEX workflow_step_results_by_run ON workflow_step_results (run_id);
    `);
  }
}
