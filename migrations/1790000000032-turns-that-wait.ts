import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What turns wait for, what they have done so far, and several messages at one position. */
export class TurnsThatWait1790000000032 extends ForwardOnly {
  readonly name = 'TurnsThatWait1790000000032';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The unique index on position and part has taken its place.
      ALTER TABLE messages DROP CONSTRAINT messages_thread_id_position_key;

      ALTER TABLE turns
        -- It has waited and goes on: whoever takes it over begins nothing anew.
        ADD COLUMN is_resuming boolean NOT NULL DEFAULT false;
      CREATE INDEX turns_stopped_waiting ON turns (id)
        WHERE status = 'waiting' AND (cancel_requested OR interrupt_requested);

      CREATE TABLE inputs (
        id uuid PRIMARY KEY,
        thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
        turn_id uuid NOT NULL REFERENCES turns ON DELETE CASCADE,
        -- Of the thread's owner.
        org_id text NOT NULL,
        user_id text NOT NULL,
        -- What the turn knows it by.
        key text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('human_step', 'tool_approval', 'elicitation', 'sampling')),
        call_id text,
        prompt text NOT NULL,
        -- \`json\`: kept to the letter.
        schema json,
        server text,
        mode text CHECK (mode IN ('form', 'url')),
        url text,
        assignee text,
        role text,
        status text NOT NULL DEFAULT 'open'
          CHECK (status IN ('open', 'accepted', 'declined', 'cancelled', 'expired')),
        content json,
        remember boolean NOT NULL DEFAULT false,
        expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        answered_at timestamptz,
        answered_by text,
        UNIQUE (turn_id, key)
      );
      CREATE INDEX inputs_of_owner ON inputs (org_id, user_id, id DESC);
      CREATE INDEX inputs_of_assignee ON inputs (org_id, assignee, id DESC) WHERE assignee IS NOT NULL;
      CREATE INDEX inputs_of_role ON inputs (org_id, role, id DESC) WHERE role IS NOT NULL;
      CREATE INDEX inputs_by_answerer ON inputs (org_id, answered_by) WHERE answered_by IS NOT NULL;
      CREATE INDEX inputs_by_expiry ON inputs (expires_at) WHERE status = 'open';

      -- What a turn has done that is not to be done twice. A row without a result has begun and is not known to have ended.
      CREATE TABLE run_journal (
        turn_id uuid NOT NULL REFERENCES turns ON DELETE CASCADE,
        key text NOT NULL,
        epoch integer NOT NULL,
        result json,
        begun_at timestamptz NOT NULL DEFAULT now(),
        done_at timestamptz,
        PRIMARY KEY (turn_id, key)
      );
    `);
  }
}
