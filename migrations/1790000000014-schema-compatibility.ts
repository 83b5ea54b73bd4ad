import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Which older releases may still run on this database, as recorded by the newest release that has migrated it. */
export class SchemaCompatibility1790000000014 extends ForwardOnly {
  readonly name = 'SchemaCompatibility1790000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE schema_compatibility (
        -- One row.
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        -- The newest migration of the release that wrote this row, which covers all migrations up to it.
        schema bigint NOT NULL,
        -- A release may run on this database when its newest migration is this one or a later one.
        compatible_from bigint NOT NULL
      );
    `);
  }
}
