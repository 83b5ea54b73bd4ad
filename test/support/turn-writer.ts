import type pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import type { JournalWriter } from '../../src/workflow/ports/run-journal.js';

/** Makes a turn of the thread that writes its log in its first epoch. */
export async function newTurnWriter(
  pool: pg.Pool,
  threadId: string,
  { parent, branch = 0 }: { readonly parent?: string | undefined; readonly branch?: number } = {},
): Promise<JournalWriter> {
  const turnId = newId();
  await pool.query(
    `WITH turn AS (
       INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq, branch,
         parent_turn_id)
       VALUES ($1, $2, 'completed', '{}', $3, $4, 1, $5, $6)
     ) INSERT INTO thread_heads (thread_id, turn_id, epoch) VALUES ($2, $1, 1)
       ON CONFLICT (thread_id) DO UPDATE SET turn_id = EXCLUDED.turn_id, epoch = 1`,
    [turnId, threadId, newId(), newId(), branch, parent],
  );
  return { threadId, turnId, epoch: 1 };
}

/** As a process does that takes the turn over. */
export async function takeOver(pool: pg.Pool, writer: JournalWriter): Promise<JournalWriter> {
  await pool.query('UPDATE thread_heads SET epoch = epoch + 1 WHERE thread_id = $1 AND turn_id = $2', [
    writer.threadId,
    writer.turnId,
  ]);
  return { ...writer, epoch: writer.epoch + 1 };
}
