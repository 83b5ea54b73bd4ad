import { ForwardOnly } from './forward-only.js';
import type { QueryRunner } from 'typeorm';

/** Workflows that organisations have defined. A version is never changed; one that was deleted is kept for its runs. */
export class WorkflowDefinitions1790000000047 extends ForwardOnly {
  readonly name = 'WorkflowDefinitions1790000000047';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE workflow_definitions (
        org_id text NOT NULL,
        name text NOT NULL,
        version integer NOT NULL,
        -- \`json\`, not \`jsonb\`: stored unchanged.
        definition json NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        PRIMARY KEY (org_id, name, version)
      )
    `);
    await runner.query(`
      -- The organisation whose own definition a run follows; NULL: it is one of the server's.
      ALTER TABLE workflow_runs ADD COLUMN org_id text
    `);
    await runner.query(`
      CREATE INDEX workflow_runs_of_definition ON workflow_runs (org_id, workflow, version)
        WHERE org_id IS NOT NULL AND status = 'waiting'
    `);
  }
}
