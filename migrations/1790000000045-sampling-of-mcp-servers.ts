import type { QueryRunner } from 'typeorm';
import { Concurrently } from './concurrently.js';

/**
 * Whether an MCP server may ask for a model's answer: none may that was added before. And which process alone can go on with what an
 * input is about: a call that is open. Each step locks its table for a moment, and no other.
 */
export class SamplingOfMcpServers1790000000045 extends Concurrently {
  readonly name = 'SamplingOfMcpServers1790000000045';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE mcp_servers ADD COLUMN IF NOT EXISTS may_sample boolean NOT NULL DEFAULT false',
    );
    await runner.query('ALTER TABLE inputs ADD COLUMN IF NOT EXISTS held_by text');
  }
}
