import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What turns wait for, and what they have done so far. */
export class TurnsThatWait1790000000027 extends ForwardOnly {
  readonly name = 'TurnsThatWait1790000000027';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE inputs (
        id uuid PRIMARY KEY,
        turn_id uuid NOT NULL REFERENCES turns ON DELETE CASCADE,
        -- The turn's; it goes with the turn.
        thread_id uuid NOT NULL,
        -- Of the thread's owner.
        org_id text NOT NULL,
        user_id text NOT NULL,
        -- The executor's own name for it.
        key text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('human_step', 'tool_approval', 'elicitation', 'sampling')),
        call_id text,
        prompt text NOT NULL,
        -- \`json\`, not \`jsonb\`: stored unchanged.
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

      -- The journal: what a turn has done that must not be done twice. A row without a result has begun and is not
      -- known to have ended.
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
