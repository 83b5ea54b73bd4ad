import type { QueryRunner } from 'typeorm';
import { Concurrently, hasMetLocks } from './concurrently.js';

/**
 * Links the turns of threads that were begun before turns had parents, and creates the indexes by which branches are
 * read.
 */
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
    await this.createIndex(runner, {
      name: 'turns_stopped_waiting',
      on: "ON turns (id) WHERE status = 'waiting' AND (cancel_requested OR interrupt_requested)",
    });
    await this.linkTurns(runner);
  }

  /** Some threads at a time, so that their writers wait for a moment only. */
  private async linkTurns(runner: QueryRunner): Promise<void> {
    for (let after: string | undefined = NO_ID, tries = 1; after !== undefined;) {
      try {
        after = await linkPage(runner, after);
        tries = 1;
      } catch (error) {
        if (tries === PAGE_TRIES || !hasMetLocks(error)) throw error;
        tries += 1;
      }
    }
  }
}

/** Links the turns of some threads; returns the last of these, or nothing when there are no more. */
async function linkPage(runner: QueryRunner, after: string): Promise<string | undefined> {
  await runner.startTransaction();
  try {
    await runner.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT_MS}ms'`);
    const threads = (await runner.query(LOCK, [after, THREADS_PER_STEP])) as readonly { id: string }[];
    // A statement of its own sees the turns of those transactions that had locked the threads before.
    await runner.query(LINK, [threads.map(({ id }) => id)]);
    await runner.commitTransaction();
    return threads.at(-1)?.id;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

const NO_ID = '00000000-0000-0000-0000-000000000000';
const THREADS_PER_STEP = 50;

/** Less than Postgres's deadlock_timeout (1 s), so that it is never the other transaction that is aborted. */
const LOCK_TIMEOUT_MS = 400;
const PAGE_TRIES = 20;

/** An insert of a turn locks its thread, so there is none from here on. */
const LOCK = 'SELECT id FROM threads WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE';

/** There are no branches yet: each turn follows the one before it, in the order of their answers. */
const LINK = `
  WITH ordered AS (
    SELECT u.id, u.thread_id, lag(u.id) OVER thread AS parent, lead(u.id) OVER thread AS next
    FROM turns u JOIN messages m ON m.id = u.assistant_message_id
    WHERE u.thread_id = ANY($1::uuid[])
    WINDOW thread AS (PARTITION BY u.thread_id ORDER BY m.position, u.id)
  ), linked AS (
    UPDATE turns SET parent_turn_id = o.parent FROM ordered o
    WHERE turns.id = o.id AND turns.parent_turn_id IS DISTINCT FROM o.parent
  )
  UPDATE threads SET head_turn_id = o.id, head_parent_turn_id = o.parent FROM ordered o
  WHERE threads.id = o.thread_id AND o.next IS NULL
    AND (threads.head_turn_id, threads.head_parent_turn_id) IS DISTINCT FROM (o.id, o.parent)`;
