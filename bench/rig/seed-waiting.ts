import type pg from 'pg';
import { id, idIn, ORG, SENTENCE } from './seed.ts';

/** Gives empty threads a turn each that waits for a person, with an input that is open for a week. */
export async function seedWaiting(
  client: pg.Client,
  user: string,
  first: number,
  count: number,
): Promise<void> {
  const each = 'generate_series($1::int, $2::int) AS thread';
  const range = [first, first + count - 1];
  const [turn, question, answer, run] = [idIn(1, '1'), idIn(2, '1'), idIn(2, '2'), idIn(3, '1')];
  await client.query(
    `INSERT INTO workflow_runs (id, thread_id, branch, workflow, version, step, status, steps_done)
     SELECT ${run}, ${id('thread')}, 0, 'guided-intake', 2, 'review', 'waiting', 3 FROM ${each}`,
    range,
  );
  await client.query(
    `INSERT INTO turns (id, thread_id, branch, status, request, user_message_id, assistant_message_id, first_seq, epoch,
       workflow_run_id, created_at, started_at, position)
     SELECT ${turn}, ${id('thread')}, 0, 'waiting', '{"content":"A question."}', ${question}, ${answer}, 1, 1, ${run},
       now(), now(), 2
     FROM ${each}`,
    range,
  );
  await client.query(
    `INSERT INTO messages (id, thread_id, turn_id, branch, position, role, content, status)
     SELECT m.id, ${id('thread')}, ${turn}, 0, m.position, m.role, m.content, m.status
     FROM ${each}, LATERAL (VALUES (${question}, 1, 'user', ${SENTENCE}, 'complete'), (${answer}, 2, 'assistant', '', 'streaming'))
       AS m (id, position, role, content, status)`,
    range,
  );
  await client.query(
    `INSERT INTO inputs (id, thread_id, turn_id, org_id, user_id, key, kind, prompt, schema, role, expires_at, created_at)
     SELECT ${idIn(4, '1')}, ${id('thread')}, ${turn}, $3, $4, 'review', 'human_step', 'May it be handed over?',
       '{"type":"object","properties":{"approved":{"type":"boolean"}}}', 'reviewer', now() + interval '7 days', now()
     FROM ${each}`,
    [...range, ORG, user],
  );
  await client.query(
    `WITH head AS (
       UPDATE thread_heads SET last_seq = 5, turn_id = ${turn}, epoch = 1 FROM ${each} WHERE thread_id = ${id('thread')}
     )
     UPDATE threads SET workflow = 'guided-intake', workflow_version = 2, message_count = 2, head_turn_id = ${turn}
     FROM ${each} WHERE threads.id = ${id('thread')}`,
    range,
  );
  await client.query('VACUUM (ANALYZE) threads, thread_heads, turns, messages, inputs, workflow_runs');
}
