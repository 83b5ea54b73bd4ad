import type pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { dataOf, isOfType, type LoggedEvent } from '../../src/log/core/logged-event.js';

/** An event before it has its place in the log: of the turn that tells it, or of one that ended while that one waited. */
export type Told = Pick<LoggedEvent, 'type' | 'data'> & { readonly turnId?: string };

export interface ToldTurn {
  readonly threadId: string;
  readonly turnId: string;
  readonly messageId: string;
  readonly events: readonly LoggedEvent[];
}

/** How a turn is put into the database: `running`, or ended so many milliseconds ago. */
export interface HowTold {
  readonly endedMsAgo?: number | undefined;
  readonly status?: string;
  readonly text?: string;
}

/** Makes an empty thread, pinned to the first version of a workflow. */
export async function tellThread(
  pool: pg.Pool,
  owner: { org: string; id: string },
  workflow = 'chat',
): Promise<string> {
  const threadId = newId();
  await pool.query(
    `WITH made AS (
       INSERT INTO threads (id, org_id, user_id, workflow, workflow_version) VALUES ($1, $2, $3, $4, 1) RETURNING id
     ) INSERT INTO thread_heads (thread_id) SELECT id FROM made`,
    [threadId, owner.org, owner.id, workflow],
  );
  return threadId;
}

/** Writes a turn with its two messages and its whole log behind what the thread has, as if it had run. */
export async function tellTurn(
  pool: pg.Pool,
  threadId: string,
  tell: (messageId: string) => readonly Told[],
  { endedMsAgo, status = endedMsAgo === undefined ? 'running' : 'completed', text = '' }: HowTold = {},
): Promise<ToldTurn> {
  const [turnId, askedId, messageId] = [newId(), newId(), newId()];
  const told = tell(messageId);
  const { rows } = await pool.query<{ first: string; position: number }>(
    `WITH head AS (
       UPDATE thread_heads SET last_seq = last_seq + $2::int WHERE thread_id = $1 RETURNING last_seq
     ), thread AS (
       UPDATE threads SET message_count = message_count + 2 WHERE id = $1 RETURNING message_count
     )
     SELECT last_seq - $2::int + 1 AS first, message_count AS position FROM head, thread`,
    [threadId, told.length],
  );
  const [first, position] = [Number(rows[0]!.first), rows[0]!.position];
  await pool.query(
    `INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq, started_at,
       ended_at, position)
     VALUES ($1, $2, $3::text, '{}', $4, $5, $6, CASE WHEN $3::text <> 'queued' THEN now() END,
       now() - $7::float8 * interval '1 millisecond', $8)`,
    [turnId, threadId, status, askedId, messageId, first, endedMsAgo ?? null, position],
  );
  await pool.query(
    `INSERT INTO messages (id, thread_id, turn_id, position, role, content, status)
     VALUES ($1, $3, $4, $5::int - 1, 'user', 'Asked ' || $5, 'complete'), ($2, $3, $4, $5, 'assistant', $6, $7)`,
    [
      askedId,
      messageId,
      threadId,
      turnId,
      position,
      text,
      endedMsAgo === undefined ? 'streaming' : 'complete',
    ],
  );
  const events = told.map(({ type, data, turnId: of = turnId }, index): LoggedEvent => ({
    seq: first + index,
    turnId: of,
    type,
    data,
    at: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, index)).toISOString(),
  }));
  await pool.query(
    `INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
     SELECT $1, e.seq, e.turn_id, e.type, e.data::json, e.at
     FROM unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[]) AS e (seq, turn_id, type, data, at)`,
    [
      threadId,
      events.map(({ seq }) => seq),
      events.map((event) => event.turnId),
      events.map(({ type }) => type),
      events.map(({ data }) => data),
      events.map(({ at }) => at),
    ],
  );
  return { threadId, turnId, messageId, events };
}

/** Lets the last answer of a turn have called a tool, and stores what came of it behind all that the turn has; its id. */
export async function tellResult(
  pool: pg.Pool,
  turnId: string,
  callId: string,
  content: string,
): Promise<string> {
  const call = { id: callId, name: 'search_web', arguments: '{}' };
  const { rows } = await pool.query<{ id: string }>(
    `WITH last AS (
       SELECT id FROM messages WHERE turn_id = $1 AND role = 'assistant' ORDER BY part DESC LIMIT 1
     ), called AS (
       UPDATE messages SET tool_calls = tool_calls || $4::jsonb FROM last WHERE messages.id = last.id
     )
     INSERT INTO messages (id, thread_id, turn_id, branch, position, part, role, content, status, tool_call_id)
     SELECT gen_random_uuid(), m.thread_id, m.turn_id, m.branch, m.position, m.part + 1, 'tool', $3, 'complete', $2
     FROM messages m WHERE m.turn_id = $1 AND m.role <> 'user' ORDER BY m.part DESC LIMIT 1 RETURNING id`,
    [turnId, callId, content, JSON.stringify([call])],
  );
  return rows[0]!.id;
}

/** What a reader of events has put together: what each message says and thinks, and everything else in its order. */
export class Listener {
  readonly texts = new Map<string, string>();
  readonly thoughts = new Map<string, string>();
  readonly others: LoggedEvent[] = [];

  hear(events: readonly LoggedEvent[]): this {
    for (const event of events) {
      if (isOfType(event, 'ai_reset')) {
        this.texts.delete(dataOf(event).messageId);
        this.thoughts.delete(dataOf(event).messageId);
      }
      if (isOfType(event, 'ai_reasoning')) add(this.thoughts, dataOf(event));
      else if (isOfType(event, 'ai_response') && !dataOf(event).isComplete) add(this.texts, dataOf(event));
      else this.others.push(event);
    }
    return this;
  }

  /** A snapshot takes the place of what was heard. */
  see({ messageId, content }: { readonly messageId: string; readonly content: string }): void {
    if (content === '') this.texts.delete(messageId);
    else this.texts.set(messageId, content);
  }
}

function add(
  heard: Map<string, string>,
  part: { readonly messageId: string; readonly content: string },
): void {
  heard.set(part.messageId, (heard.get(part.messageId) ?? '') + part.content);
}
