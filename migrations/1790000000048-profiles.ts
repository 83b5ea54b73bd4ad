import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What users say of themselves, and what is to be remembered of them, which the row of the profile counts. */
export class Profiles1790000000048 extends ForwardOnly {
  readonly name = 'Profiles1790000000048';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE profiles (
        org_id text NOT NULL,
        user_id text NOT NULL,
        name text,
        language text,
        tone text,
        about text,
        memory_count int NOT NULL DEFAULT 0,
        updated_at timestamptz,
        PRIMARY KEY (org_id, user_id)
      )`);
    await runner.query(`
      CREATE TABLE memories (
        id uuid PRIMARY KEY,
        org_id text NOT NULL,
        user_id text NOT NULL,
        content text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX memories_by_user ON memories (org_id, user_id, id)');
  }
}
