import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** The provider that each organisation's administrators chose; the choice for all the others stays in `llm_settings`. */
export class SelectedProviders1790000000010 extends ForwardOnly {
  readonly name = 'SelectedProviders1790000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE llm_selected_providers (
        org_id text PRIMARY KEY,
        provider text NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX llm_selected_providers_by_change ON llm_selected_providers (updated_at);
    `);
  }
}
