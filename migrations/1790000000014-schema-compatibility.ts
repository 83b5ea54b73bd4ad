import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What the newest release that has been here says about older ones: whether they may still run. */
export class SchemaCompatibility1790000000014 extends ForwardOnly {
  readonly name = 'SchemaCompatibility1790000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE schema_compatibility (
        -- One row.
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        -- The newest migration of the release that wrote this: it speaks for all up to here.
        schema bigint NOT NULL,
        -- A release may run on this database when its newest migration is this one or a later one.
        compatible_from bigint NOT NULL
      );
    `);
  }
}
