import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Threads, their messages, the turns that make them, and the log of what happened in each turn. */
export class ThreadsAndTurns1790000000001 extends ForwardOnly {
  readonly name = 'ThreadsAndTurns1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE threads (
        id uuid PRIMARY KEY,
        org_id text NOT NULL,
        user_id text NOT NULL,
        title text,
        workflow text NOT NULL,
        workflow_version integer NOT NULL,
        metadata jsonb NOT NULL DEFAULT '{}',
        message_count integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        active_at timestamptz NOT NULL DEFAULT now()
      );
      -- The list of a user's threads, newest activity first, as a keyset page.
      CREATE INDEX threads_by_activity ON threads (org_id, user_id, active_at DESC, id DESC);

      CREATE TABLE workflow_runs (
        id uuid PRIMARY KEY,
        thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
        workflow text NOT NULL,
        version integer NOT NULL,
        step text NOT NULL,
        status text NOT NULL CHECK (status IN ('waiting', 'completed')),
        steps_done integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz
      );
      CREATE INDEX workflow_runs_by_thread ON workflow_runs (thread_id, id DESC);

      CREATE TABLE turns (
        id uuid PRIMARY KEY,
        thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
        status text NOT NULL
          CHECK (status IN ('queued', 'running', 'waiting', 'completed', 'cancelled', 'interrupted', 'failed')),
        attempt integer NOT NULL DEFAULT 1,
        request jsonb NOT NULL,
        user_message_id uuid NOT NULL,
        assistant_message_id uuid NOT NULL,
        workflow_run_id uuid,
        first_seq bigint NOT NULL,
        error jsonb,
        lease_owner uuid,
        lease_until timestamptz,
        epoch integer NOT NULL DEFAULT 1,
        cancel_requested boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        ended_at timestamptz
      );
      -- One turn at a time: the second is refused here, not by a check that could race.
      CREATE UNIQUE INDEX turns_one_active_per_thread ON turns (thread_id) WHERE status IN ('running', 'waiting');
      CREATE INDEX turns_by_thread ON turns (thread_id, id DESC);
      CREATE INDEX turns_by_lease ON turns (lease_until) WHERE status = 'running';

      CREATE TABLE messages (
        id uuid PRIMARY KEY,
        thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
        turn_id uuid NOT NULL,
        position integer NOT NULL,
        role text NOT NULL CHECK (role IN ('user', 'assistant', 'tool', 'system')),
        content text NOT NULL,
        status text NOT NULL CHECK (status IN ('complete', 'streaming', 'cancelled', 'interrupted', 'failed')),
        provider text,
        model text,
        usage jsonb,
        citations jsonb NOT NULL DEFAULT '[]',
        tool_calls jsonb NOT NULL DEFAULT '[]',
        step text,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (thread_id, position)
      ) WITH (fillfactor = 85);

      -- Where each thread's log ends and who may write on: narrow, so that moving it is a cheap update in place.
      CREATE TABLE thread_heads (
        thread_id uuid PRIMARY KEY REFERENCES threads ON DELETE CASCADE,
        last_seq bigint NOT NULL DEFAULT 0,
        turn_id uuid,
        epoch integer NOT NULL DEFAULT 0
      ) WITH (fillfactor = 50);

      -- \`json\`, not \`jsonb\`: kept to the letter as it was sent. No foreign key: the head guards every insert.
      CREATE TABLE turn_events (
        thread_id uuid NOT NULL,
        seq bigint NOT NULL,
        turn_id uuid NOT NULL,
        type text NOT NULL,
        data json NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (thread_id, seq)
      );

      CREATE TABLE idempotency_keys (
        org_id text NOT NULL,
        user_id text NOT NULL,
        key text NOT NULL,
        request_hash bytea NOT NULL,
        turn_id uuid NOT NULL REFERENCES turns ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (org_id, user_id, key)
      );
      CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
      CREATE INDEX idempotency_keys_by_turn ON idempotency_keys (turn_id);
    `);
  }
}
