import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** MCP servers that administrators have added, and what users have entered for servers. Secrets are sealed. */
export class McpServers1790000000042 extends ForwardOnly {
  readonly name = 'McpServers1790000000042';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE mcp_servers (
        id uuid PRIMARY KEY,
        org_id text NOT NULL,
        name text NOT NULL,
        url text NOT NULL,
        sealed_headers text,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (org_id, name)
      )`);
    await runner.query(`
      CREATE TABLE mcp_credentials (
        org_id text NOT NULL,
        user_id text NOT NULL,
        server text NOT NULL,
        sealed text NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (org_id, user_id, server)
      )`);
  }
}
