import type { QueryRunner } from 'typeorm';
import { Concurrently } from './concurrently.js';

const THREADS_PER_STEP = 500;

/** Which turn each one follows, in threads that were begun before turns said so, and the indexes that branches are read by. */
export class OrderOfMessages1790000000031 extends Concurrently {
  readonly name = 'OrderOfMessages1790000000031';

  async up(runner: QueryRunner): Promise<void> {
    await this.createIndex(runner, {
      name: 'messages_in_order',
      isUnique: true,
      on: 'ON messages (thread_id, position, part)',
    });
    await this.createIndex(runner, {
      name: 'messages_by_branch',
      on: 'ON messages (thread_id, branch, position, part)',
    });
    await this.createIndex(runner, {
      name: 'turns_by_parent',
      on: 'ON turns ((COALESCE(parent_turn_id, thread_id)), id)',
    });
    for (let after: string | null = NO_ID; after !== null;) after = await this.link(runner, after);
  }

  /** Links the turns of some threads; answers the last of these, or nothing when there are no more. */
  private async link(runner: QueryRunner, after: string): Promise<string | null> {
    const [row] = (await runner.query(LINK, [after, THREADS_PER_STEP])) as readonly { last: string | null }[];
    return row?.last ?? null;
  }
}

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Nobody has begun a branch yet: each turn follows the one before it, in the order of their answers. */
const LINK = `
  WITH page AS MATERIALIZED (
    SELECT id FROM threads WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE
  ), ordered AS (
    SELECT u.id, u.thread_id, lag(u.id) OVER thread AS parent, lead(u.id) OVER thread AS next
    FROM page JOIN turns u ON u.thread_id = page.id
    JOIN messages m ON m.id = u.assistant_message_id
    WHERE u.branch = 0
    WINDOW thread AS (PARTITION BY u.thread_id ORDER BY m.position, u.id)
  ), linked AS (
    UPDATE turns SET parent_turn_id = o.parent FROM ordered o
    WHERE turns.id = o.id AND turns.parent_turn_id IS DISTINCT FROM o.parent
  ), headed AS (
    UPDATE threads SET head_turn_id = o.id, head_parent_turn_id = o.parent FROM ordered o
    WHERE threads.id = o.thread_id AND o.next IS NULL AND threads.branch_count = 0
  )
  SELECT max(id::text) AS last FROM page`;
