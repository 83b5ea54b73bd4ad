import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What users have agreed to once and for all: calls of a tool as it was defined then. */
export class ToolApprovals1790000000035 extends ForwardOnly {
  readonly name = 'ToolApprovals1790000000035';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tool_approvals (
        id uuid PRIMARY KEY,
        org_id text NOT NULL,
        user_id text NOT NULL,
        tool text NOT NULL,
        definition_hash text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (org_id, user_id, tool, definition_hash)
      )`);
  }
}
