import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What users have let this server do at MCP servers, and logins under way. Secrets are sealed. */
export class GrantsOfMcpServers1790000000043 extends ForwardOnly {
  readonly name = 'GrantsOfMcpServers1790000000043';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE mcp_grants (
        org_id text NOT NULL,
        user_id text NOT NULL,
        server text NOT NULL,
        id uuid NOT NULL,
        issuer text NOT NULL,
        sealed text NOT NULL,
        wanted_scope text,
        renewing_until timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (org_id, user_id, server)
      )`);
    await runner.query(`
      CREATE TABLE mcp_logins (
        state_hash bytea PRIMARY KEY,
        org_id text NOT NULL,
        user_id text NOT NULL,
        server text NOT NULL,
        sealed text NOT NULL,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX mcp_logins_of_users ON mcp_logins (org_id, user_id, expires_at)`);
    await runner.query(`CREATE INDEX mcp_logins_by_end ON mcp_logins (expires_at)`);
  }
}
