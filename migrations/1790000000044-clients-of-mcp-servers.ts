import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** How administrators have registered this server with the authorization server of an MCP server; sealed. */
export class ClientsOfMcpServers1790000000044 extends ForwardOnly {
  readonly name = 'ClientsOfMcpServers1790000000044';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE mcp_servers ADD COLUMN sealed_client text`);
  }
}
