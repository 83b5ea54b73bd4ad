/**
 * SQL fragments about the event log for the statements of other rooms. The parameters are SQL expressions of those
 * statements, never values.
 */

/** Creates the log of a new thread; `from` has the thread's `id`. */
export function openLog(from: string): string {
  return `INSERT INTO thread_heads (thread_id) SELECT id FROM ${from}`;
}

/** Deletes the events of deleted threads; `from` has their `id`. Their heads are deleted by cascade. */
export function removeEvents(from: string): string {
  return `DELETE FROM turn_events e USING ${from} WHERE e.thread_id = ${from}.id`;
}

/** Joins the head of a thread's log, for statements that read its `last_seq`, or lock it along with rows of their own. */
export function joinHead(alias: string, thread: string): string {
  return `JOIN thread_heads ${alias} ON ${alias}.thread_id = ${thread}`;
}

/**
 * Assigns the thread's log to a turn that begins and reserves the sequence of its first event, for each row of `from`.
 * Returns `thread_id`, `last_seq`, which is that event's sequence, and the further columns.
 */
export function beginTurn(
  from: string,
  thread: string,
  turn: string,
  columns: readonly string[] = [],
): string {
  return `UPDATE thread_heads h SET last_seq = h.last_seq + 1, turn_id = ${turn}, epoch = 1
     FROM ${from} WHERE h.thread_id = ${thread}
     RETURNING ${['h.thread_id', 'h.last_seq', ...columns].join(', ')}`;
}

/** Writes the first event of a turn; `from` is the CTE made by {@link beginTurn}. */
export function writeFirstEvent(from: string, turn: string, data: string, at: string): string {
  return `INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
     SELECT ${from}.thread_id, ${from}.last_seq, ${turn}, 'message_saved', ${data}::json, ${at}::timestamptz FROM ${from}`;
}

/**
 * Assigns the log to the new owner of a recovered turn, so that the former owner is refused from here on. `from` has
 * the turn's `id`, `thread_id` and new `epoch`. Returns `thread_id` and `last_seq`.
 */
export function moveEpoch(from: string): string {
  return `UPDATE thread_heads h SET epoch = ${from}.epoch
     FROM ${from} WHERE h.thread_id = ${from}.thread_id AND h.turn_id = ${from}.id
     RETURNING h.thread_id, h.last_seq`;
}

/**
 * A query of the thread's `thread_id` while its log is the turn's in this epoch, and of no row when the epoch has passed:
 * until the end of the transaction nobody takes the turn over.
 */
export function heldBy(thread: string, turn: string, epoch: string): string {
  return `SELECT thread_id FROM thread_heads
     WHERE thread_id = ${thread} AND turn_id = ${turn} AND epoch = ${epoch} FOR SHARE`;
}

/** A writer's place in a thread's log, and where the log ends after its next events. */
export interface WriterPlace {
  readonly thread: string;
  readonly turn: string;
  readonly epoch: string;
  readonly fromSeq: string;
  readonly toSeq: string;
}

/** Whether the writer has the thread's log, which ends where it has written to. */
export function isAtPlace({ thread, turn, epoch, fromSeq }: Omit<WriterPlace, 'toSeq'>): string {
  return `EXISTS (SELECT 1 FROM thread_heads
       WHERE thread_id = ${thread} AND turn_id = ${turn}::uuid AND epoch = ${epoch} AND last_seq = ${fromSeq})`;
}

/** Makes room for events that a statement stores along with something else. Answers the `thread_id`, or no row when the epoch has passed. */
export function makeRoom({ thread, turn, epoch, fromSeq, toSeq }: WriterPlace): string {
  return `UPDATE thread_heads SET last_seq = ${toSeq}::bigint
     WHERE thread_id = ${thread} AND turn_id = ${turn}::uuid AND epoch = ${epoch} AND last_seq = ${fromSeq}
     RETURNING thread_id`;
}

/**
 * Adds events to the log of a thread whose turn waits and so has no writer; `from` has its `thread_id` and `turn_id`, and at
 * most one row a thread. Answers the `thread_id`, the `turn_id`, the last event's `last_seq` and the further columns.
 */
export function advanceWaiting(from: string, count = 1, columns: readonly string[] = []): string {
  return `UPDATE thread_heads h SET last_seq = h.last_seq + ${count}
     FROM ${from} WHERE h.thread_id = ${from}.thread_id AND h.turn_id = ${from}.turn_id
     RETURNING ${['h.thread_id', 'h.turn_id', 'h.last_seq', ...columns].join(', ')}`;
}

/** Writes the last of them; `from` is the part of the statement that is an {@link advanceWaiting}, the data an expression of JSON. */
export function writeWaitingEvent(from: string, type: string, data: string, at: string): string {
  return `INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
     SELECT ${from}.thread_id, ${from}.last_seq, ${from}.turn_id, '${type}', ${data}, ${at}::timestamptz, 0 FROM ${from}`;
}

/** Events as arrays of their fields, with what is the same for all. */
export interface EventArrays {
  readonly turn: string;
  readonly seqs: string;
  readonly types: string;
  readonly data: string;
  readonly times: string;
  readonly level: string;
}

/** Writes them; `from` is the part of the statement that is a {@link makeRoom}. */
export function writeEvents(from: string, { turn, seqs, types, data, times, level }: EventArrays): string {
  return `INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
     SELECT ${from}.thread_id, e.seq, ${turn}::uuid, e.type, e.data::json, e.created_at, ${level}::smallint
     FROM ${from}, unnest(${seqs}::bigint[], ${types}::text[], ${data}::text[], ${times}::timestamptz[])
       AS e (seq, type, data, created_at)`;
}

/**
 * The channel on which processes notify each other of appends. Payload: the writing process, a colon, and its threads
 * separated by commas.
 */
export const THREAD_LOG_CHANNEL = 'thread_log';

/** What the payload begins with; its threads follow. */
export function appendedHead(processId: string): string {
  return `${processId}:`;
}

/** The value of that payload. */
export function appendedPayload(processId: string, threadIds: readonly string[]): string {
  return appendedHead(processId) + threadIds.join(',');
}

/** Wakes the watchers in other processes with the commit; takes the payload as an SQL expression. */
export function notifyAppended(payload: string): string {
  return `pg_notify('${THREAD_LOG_CHANNEL}', ${payload})`;
}

/** Joins the events of the turn in row `turn` (its `id`, `thread_id` and `first_seq`), all but its first one. */
export function joinEvents(alias: string, turn: string): string {
  return `JOIN turn_events ${alias}
      ON ${alias}.thread_id = ${turn}.thread_id AND ${alias}.seq > ${turn}.first_seq AND ${alias}.turn_id = ${turn}.id`;
}

/** The highest level of what the turn in row `turn` has told so far; 0 where no event knows of one. */
export function levelSoFar(turn: string): string {
  return `COALESCE((SELECT max(told.level) FROM (${turn}) telling ${joinEvents('told', 'telling')}), 0)`;
}

/**
 * A query of the text of a turn's message so far, or NULL: its pieces after its last reset. `turn` is a query of the
 * turn's row.
 */
export function textSoFar(turn: string, message: string): string {
  return `SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq)
    FROM (${turn}) own ${joinEvents('e', 'own')}
    WHERE e.type = 'ai_response' AND ${isOf('e', message)} AND e.seq > COALESCE((
      SELECT max(r.seq) FROM turn_events r
      WHERE r.thread_id = own.thread_id AND r.seq > own.first_seq AND r.turn_id = own.id AND r.type = 'ai_reset'
        AND ${isOf('r', message)}), 0)`;
}

/** The same up to a sequence, for a compacted turn, whose reset pieces are gone already. `turn` is its row. */
export function compactedTextUpTo(turn: string, message: string, seq: string): string {
  return `SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq) FROM turn_events e
       WHERE e.thread_id = ${turn}.thread_id AND e.seq > ${turn}.first_seq AND e.seq <= ${seq} AND e.turn_id = ${turn}.id
         AND e.type = 'ai_response' AND ${isOf('e', message)}`;
}

/**
 * Whether a message has a piece up to the sequence that no reset up to there has discarded. `turn` is the row of its
 * turn.
 */
export function hasTextBy(turn: string, message: string, seq: string): string {
  return `EXISTS (
     SELECT 1 FROM turn_events e
     WHERE e.thread_id = ${turn}.thread_id AND e.seq > ${turn}.first_seq AND e.seq <= ${seq} AND e.turn_id = ${turn}.id
       AND e.type = 'ai_response' AND ${isOf('e', message)}
       AND NOT EXISTS (
         SELECT 1 FROM turn_events r WHERE r.thread_id = ${turn}.thread_id AND r.seq > e.seq AND r.seq <= ${seq}
           AND r.turn_id = ${turn}.id AND r.type = 'ai_reset' AND ${isOf('r', message)}))`;
}

function isOf(event: string, message: string): string {
  return `${event}.data ->> 'messageId' = ${message}::text`;
}

/** A query of the `seq`, `turn_id`, `type` and, where it is of one, `message_id` of the first event after a sequence. */
export function eventAfter(thread: string, seq: string): string {
  return `SELECT seq, turn_id, type, data ->> 'messageId' AS message_id FROM turn_events
     WHERE thread_id = ${thread} AND seq > ${seq} ORDER BY seq LIMIT 1`;
}

/**
 * Whether there is an event at the sequence: compaction keeps the last of the events it merges, under its own sequence.
 */
export function isKept(thread: string, seq: string): string {
  return `EXISTS (SELECT 1 FROM turn_events e WHERE e.thread_id = ${thread} AND e.seq = ${seq})`;
}
