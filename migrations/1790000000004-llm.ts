import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What every attempt at a model cost, and the settings of the providers that administrators may change. */
export class Llm1790000000004 extends ForwardOnly {
  readonly name = 'Llm1790000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- No foreign keys: deleting a thread keeps its bill.
      CREATE TABLE llm_attempts (
        id uuid PRIMARY KEY,
        org_id text NOT NULL,
        user_id text NOT NULL,
        thread_id uuid,
        turn_id uuid NOT NULL,
        operation text NOT NULL CHECK (operation IN ('chat', 'embeddings')),
        provider text NOT NULL,
        model text NOT NULL,
        input_tokens bigint NOT NULL,
        output_tokens bigint NOT NULL,
        cached_tokens bigint NOT NULL,
        reasoning_tokens bigint NOT NULL,
        estimated boolean NOT NULL,
        cost numeric(18, 9),
        first_token_ms integer,
        duration_ms integer NOT NULL,
        retries integer NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('completed', 'cancelled', 'failed', 'refused')),
        error_code text,
        -- When the attempt began; reports go by it.
        started_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX llm_attempts_by_user ON llm_attempts (org_id, user_id, started_at);
      CREATE INDEX llm_attempts_by_org ON llm_attempts (org_id, started_at);

      CREATE TABLE llm_settings (
        key text PRIMARY KEY,
        value text NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      );
    `);
  }
}
