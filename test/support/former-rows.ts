import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/**
 * Threads with so many ended turns each, in their places, as the former release left them. For a database that its newest
 * migration has been on and no later one.
 */
export async function formerRows(client: pg.ClientBase, threads: number, turnsOfEach: number): Promise<void> {
  await client.query(
    `INSERT INTO threads (id, org_id, user_id, workflow, workflow_version, message_count)
     SELECT gen_random_uuid(), 'acme', 'ada', 'chat', 1, $2 * 2 FROM generate_series(1, $1::int)`,
    [threads, turnsOfEach],
  );
  await client.query('INSERT INTO thread_heads (thread_id) SELECT id FROM threads');
  await client.query(
    `INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq, started_at, position)
     SELECT gen_random_uuid(), t.id, 'completed', '{"content":"What is it?"}', gen_random_uuid(), gen_random_uuid(), n, now(), n * 2
     FROM threads t, generate_series(1, $1::int) n`,
    [turnsOfEach],
  );
  await client.query(
    `INSERT INTO messages (id, thread_id, turn_id, position, role, content, status)
     SELECT CASE role WHEN 'user' THEN u.user_message_id ELSE u.assistant_message_id END, u.thread_id, u.id,
       u.position - back, role, repeat('what is said ', 40), 'complete'
     FROM turns u, (VALUES ('user', 1), ('assistant', 0)) AS m (role, back)`,
  );
  await client.query('VACUUM ANALYZE');
}

/** Accepts a turn as the former release does, in one statement that says nothing of branches; the turn's id. */
export async function formerTurn(client: pg.ClientBase, threadId: string): Promise<string> {
  const id = randomUUID();
  await client.query(
    `WITH thread AS (
       UPDATE threads SET message_count = message_count + 2 WHERE id = $1 RETURNING id, message_count
     ), turn AS (
       INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq, position)
       SELECT $2::uuid, id, 'completed', '{}', $3::uuid, $4::uuid, 1, message_count FROM thread
     )
     INSERT INTO messages (id, thread_id, turn_id, position, role, content, status)
     SELECT m.id, thread.id, $2::uuid, thread.message_count - m.back, m.role, 'said', 'complete'
     FROM thread, (VALUES ($3::uuid, 1, 'user'), ($4::uuid, 0, 'assistant')) AS m (id, back, role)`,
    [threadId, id, randomUUID(), randomUUID()],
  );
  return id;
}

/** How many turns do not follow the one before them in their thread, and how many threads have another head than their last turn. */
export const NOT_IN_LINE = `
  WITH line AS (
    SELECT u.thread_id, u.id, u.parent_turn_id, lag(u.id) OVER thread AS parent, lead(u.id) OVER thread AS next
    FROM turns u JOIN messages m ON m.id = u.assistant_message_id
    WINDOW thread AS (PARTITION BY u.thread_id ORDER BY m.position, u.id)
  )
  SELECT count(*) FILTER (WHERE line.parent_turn_id IS DISTINCT FROM line.parent)::int AS turns,
    count(*) FILTER (WHERE line.next IS NULL
      AND (t.head_turn_id, t.head_parent_turn_id) IS DISTINCT FROM (line.id, line.parent))::int AS threads
  FROM line JOIN threads t ON t.id = line.thread_id`;
