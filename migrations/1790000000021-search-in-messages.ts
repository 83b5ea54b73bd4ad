import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What searches in messages go by, and the threads that have messages it does not hold yet. */
export class SearchInMessages1790000000021 extends ForwardOnly {
  readonly name = 'SearchInMessages1790000000021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Which characters, and which pairs and triples of them, stand somewhere in some neighbouring messages of a thread,
      -- or in a part of a long one: a bit for each, so that a search reads a text only where all of its own are set.
      CREATE TABLE search_blocks (
        thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
        first_position integer NOT NULL,
        part integer NOT NULL,
        last_position integer NOT NULL,
        bits bytea NOT NULL,
        PRIMARY KEY (thread_id, first_position, part)
      ) WITH (toast_tuple_target = 8160);
      -- In the row as they are: a search looks at a few bits of many.
      ALTER TABLE search_blocks ALTER COLUMN bits SET STORAGE EXTERNAL;

      -- Threads with messages that are not in there yet. Without a foreign key: a row without its thread is cleared away
      -- by whoever would take its messages in.
      CREATE TABLE search_pending (thread_id uuid PRIMARY KEY);
      INSERT INTO search_pending SELECT id FROM threads WHERE message_count > 0;
    `);
  }
}
