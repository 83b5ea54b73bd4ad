import type pg from 'pg';

/** Everybody in the bench is of this organisation. */
export const ORG = 'bench';

export const id = (number: string) =>
  `('00000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
/** The id of a row that belongs to a thread: its kind, the thread's number and the row's own. */
export const idIn = (kind: number, number: string) =>
  `(lpad(to_hex(${number}), 8, '0') || '-0000-7000-800${kind}-' || lpad(to_hex(thread), 12, '0'))::uuid`;

/** Makes empty threads numbered from `first`, the newest activity last. */
export async function seedThreads(
  client: pg.Client,
  user: string,
  first: number,
  count: number,
): Promise<void> {
  await client.query(
    `WITH made AS (
       INSERT INTO threads (id, org_id, user_id, title, workflow, workflow_version, created_at, updated_at, active_at)
       SELECT ${id('n')}, $1, $2, 'Bench', 'chat', 1, at, at, at
       FROM generate_series($3::int, $4::int) AS n, LATERAL (SELECT now() - ($4::int - n) * interval '1 second' AS at) AS t
       RETURNING id
     )
     INSERT INTO thread_heads (thread_id) SELECT id FROM made`,
    [ORG, user, first, first + count - 1],
  );
  // The planner knows nothing of what came a moment ago, and autovacuum comes once a minute.
  await client.query('ANALYZE threads, thread_heads');
}

/** Events that a short turn leaves in the log. */
const EVENTS_PER_TURN = 7;
export const SENTENCE = `repeat('Some words of it. ', 5)`;

/** Gives empty threads so many messages each, together with the turns and the log that made them. */
export async function seedMessages(
  client: pg.Client,
  first: number,
  count: number,
  messages: number,
): Promise<void> {
  const turns = messages / 2;
  const each = 'generate_series($1::int, $2::int) AS thread, generate_series(1, $3::int) AS n';
  const range = [first, first + count - 1];
  const turn = idIn(1, 'n');
  const message = (back: number | string) => idIn(2, `n * 2 - ${back}`);
  await client.query(
    `INSERT INTO turns (id, thread_id, parent_turn_id, branch, status, request, user_message_id, assistant_message_id,
       first_seq, created_at, started_at, ended_at)
     SELECT ${turn}, ${id('thread')}, CASE WHEN n > 1 THEN ${idIn(1, 'n - 1')} END, 0, 'completed', '{"content":"A question of some length."}', ${message(1)},
       ${message(0)}, (n - 1) * ${EVENTS_PER_TURN} + 1, now(), now(), now()
     FROM ${each}`,
    [...range, turns],
  );
  await client.query(
    `INSERT INTO messages (id, thread_id, turn_id, branch, position, role, content, status, provider, model, step)
     SELECT ${message('back')}, ${id('thread')}, ${turn}, 0, n * 2 - back,
       CASE back WHEN 1 THEN 'user' ELSE 'assistant' END, ${SENTENCE}, 'complete', 'openai', 'bench', 'reply'
     FROM ${each}, generate_series(0, 1) AS back`,
    [...range, turns],
  );
  await client.query(
    `INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
     SELECT ${id('thread')}, (n - 1) * ${EVENTS_PER_TURN} + e, ${turn},
       CASE e WHEN 1 THEN 'message_saved' WHEN ${EVENTS_PER_TURN} THEN 'done' ELSE 'ai_response' END,
       json_build_object('messageId', ${message(0)}, 'content', ${SENTENCE}), now()
     FROM ${each}, generate_series(1, ${EVENTS_PER_TURN}) AS e`,
    [...range, turns],
  );
  await client.query(
    `WITH head AS (
       UPDATE thread_heads SET last_seq = $3::int * ${EVENTS_PER_TURN}
       FROM generate_series($1::int, $2::int) AS thread WHERE thread_id = ${id('thread')}
     )
     UPDATE threads SET message_count = $3::int * 2, head_turn_id = ${idIn(1, '$3::int')},
       head_parent_turn_id = CASE WHEN $3::int > 1 THEN ${idIn(1, '$3::int - 1')} END
     FROM generate_series($1::int, $2::int) AS thread WHERE threads.id = ${id('thread')}`,
    [...range, turns],
  );
}

/** What autovacuum would have done by the time a real database is this large. */
export async function settleTables(client: pg.Client): Promise<void> {
  await client.query('VACUUM (ANALYZE) threads, thread_heads, thread_branches, turns, messages, turn_events');
}
