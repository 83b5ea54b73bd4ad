import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** The index for searches in messages, and the threads with messages that are not indexed yet. */
export class SearchInMessages1790000000021 extends ForwardOnly {
  readonly name = 'SearchInMessages1790000000021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Bloom filters of the characters, pairs and triples that occur in some neighbouring messages of a thread, or in
      -- a part of a long one: a search reads a text only if all bits of its query are set.
      CREATE TABLE search_blocks (
        thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
        first_position integer NOT NULL,
        part integer NOT NULL,
        last_position integer NOT NULL,
        bits bytea NOT NULL,
        PRIMARY KEY (thread_id, first_position, part)
      ) WITH (toast_tuple_target = 8160);
      -- Stored uncompressed: a search reads a few bits of many rows.
      ALTER TABLE search_blocks ALTER COLUMN bits SET STORAGE EXTERNAL;

      -- Threads with messages that are not indexed yet. Without a foreign key: a row without its thread is removed by
      -- the indexing.
      CREATE TABLE search_pending (thread_id uuid PRIMARY KEY);
      INSERT INTO search_pending SELECT id FROM threads WHERE message_count > 0;
    `);
  }
}
