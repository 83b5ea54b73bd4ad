import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What of the results of calls is served by reference, in pieces that are read one by one, and the parts that messages have. */
export class PartsOfResults1790000000040 extends ForwardOnly {
  readonly name = 'PartsOfResults1790000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE result_parts (
        id uuid PRIMARY KEY,
        thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
        turn_id uuid NOT NULL,
        call_id text NOT NULL,
        media_type text NOT NULL,
        size bigint NOT NULL,
        -- Of a text; NULL for other contents.
        characters integer,
        is_whole_text boolean NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX result_parts_by_call ON result_parts (thread_id, turn_id, call_id);
      CREATE TABLE result_part_pieces (
        part_id uuid NOT NULL REFERENCES result_parts ON DELETE CASCADE,
        nth integer NOT NULL,
        -- Where the piece begins and how long it is, in characters of a text; 0 for other contents.
        first_character integer NOT NULL,
        characters integer NOT NULL,
        bytes bytea NOT NULL,
        PRIMARY KEY (part_id, nth)
      );
      ALTER TABLE messages ADD COLUMN parts jsonb;
    `);
  }
}
