import { sql, type Sql } from '../../platform/database/index.js';
import type { JoinedTablesSql } from '../ports/joined-tables-sql.js';
import { withheldSql } from './withheld.js';

/** For the rest of the transaction, in milliseconds. JIT compilation would take longer than the search itself. */
export const LIMIT_STATEMENTS = sql(
  'thread_search.limit_statements',
  `SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true)`,
);

/**
 * The next of the caller's threads, newest activity first: whether their titles contain the text, where their messages
 * may ($7), and up to where they are indexed. Checks signatures, not messages.
 */
export const CANDIDATES = sql(
  'thread_search.candidates',
  `SELECT t.id, t.active_at, COALESCE(t.title ILIKE $6, false) AS is_titled, COALESCE((
       SELECT m.position FROM messages m WHERE m.thread_id = t.id ORDER BY m.position DESC LIMIT 1
     ), 0) AS newest, known.firsts, known.lasts,
     COALESCE(known.indexed_to, 0) AS indexed_to
   FROM (
     SELECT id, title, active_at FROM threads
     WHERE org_id = $1 AND user_id = $2 AND (active_at, id) < ($3::timestamptz, $4::uuid)
     ORDER BY active_at DESC, id DESC LIMIT $5
   ) AS t
   CROSS JOIN LATERAL (
     SELECT array_agg(b.first_position ORDER BY b.first_position DESC) FILTER (WHERE b.may_say) AS firsts,
       array_agg(b.last_position ORDER BY b.first_position DESC) FILTER (WHERE b.may_say) AS lasts,
       max(b.last_position) AS indexed_to
     FROM (
       SELECT s.first_position, s.last_position, NOT EXISTS (
         SELECT 1 FROM unnest($7::int[]) AS asked (bit)
         WHERE get_bit(s.bits, asked.bit & (8 * octet_length(s.bits) - 1)) = 0
       ) AS may_say
       FROM search_blocks s WHERE s.thread_id = t.id OFFSET 0
     ) AS b
   ) AS known
   ORDER BY t.active_at DESC, t.id DESC`,
);

/** Those of the threads that contain the text, in messages at these positions that their owner may read. */
export const saying = (foreign: JoinedTablesSql): Sql =>
  sql(
    'thread_search.saying',
    `SELECT DISTINCT r.thread_id
   FROM unnest($3::uuid[], $4::int[], $5::int[]) AS r (thread_id, first, last)
   JOIN threads t ON t.id = r.thread_id AND t.org_id = $1 AND t.user_id = $2
   JOIN messages m ON m.thread_id = r.thread_id AND m.position BETWEEN r.first AND r.last AND m.content ILIKE $6
   ${withheldSql(foreign).withheld('$7', '$8')}
   WHERE w.reason IS NULL`,
  );

/** Queues for indexing the threads that a search found not indexed, or that a former release wrote. */
export const TO_INDEX = sql(
  'thread_search.to_index',
  'INSERT INTO search_pending (thread_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING',
);

/** Held until the end of the transaction: only one process indexes at a time. */
export const TRY_INDEXING = sql(
  'message_index.try',
  `SELECT pg_try_advisory_xact_lock(7468726562) AS is_held`,
);

export const ADD_BLOCKS = sql(
  'message_index.add_blocks',
  `INSERT INTO search_blocks (thread_id, first_position, last_position, part, bits)
   SELECT t.id, b.first, b.last, b.part, b.bits
   FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::bytea[]) AS b (thread_id, first, last, part, bits)
   JOIN threads t ON t.id = b.thread_id FOR KEY SHARE OF t
   ON CONFLICT DO NOTHING`,
);

/**
 * The lock on a thread keeps new messages from being stored until its row is deleted; they add a row of their own. A
 * thread that is locked by another transaction is left for the next round.
 */
export const DONE_WITH = sql(
  'message_index.done_with',
  `DELETE FROM search_pending p
   USING (
     SELECT t.id, a.indexed_to FROM unnest($1::uuid[], $2::int[]) AS a (thread_id, indexed_to)
     JOIN threads t ON t.id = a.thread_id AND t.message_count <= a.indexed_to FOR NO KEY UPDATE OF t SKIP LOCKED
   ) AS t
   WHERE p.thread_id = t.id
     AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = t.id AND m.position > t.indexed_to)
   RETURNING p.thread_id`,
);

export const FORGET_DELETED = sql(
  'message_index.forget_deleted',
  `DELETE FROM search_pending p WHERE p.thread_id = ANY($1::uuid[])
     AND NOT EXISTS (SELECT 1 FROM threads t WHERE t.id = p.thread_id)
   RETURNING p.thread_id`,
);

/** The statements of the index that depend on turns and on the documents that messages are based on. */
export function indexStatements(foreign: JoinedTablesSql) {
  const { turns } = foreign;
  const { levelOfMessage } = withheldSql(foreign);
  return {
    /** Threads with messages that are not indexed; a thread that is being answered is left for later. */
    pending: sql(
      'message_index.pending',
      `SELECT p.thread_id, COALESCE((
     SELECT b.last_position FROM search_blocks b WHERE b.thread_id = p.thread_id ORDER BY b.first_position DESC LIMIT 1
   ), 0) AS indexed_to
   FROM search_pending p WHERE NOT ${turns.isHeld('p.thread_id')} LIMIT $1`,
    ),
    /**
     * The next messages of threads ($1, indexed up to $2), as far as they are final: at most $3 per thread, and about
     * $4 bytes in total.
     */
    unindexed: sql(
      'message_index.unindexed',
      `SELECT m.thread_id, m.position, m.content, m.level IS NULL AND m.role <> 'user' AS is_unknown
   FROM (
     SELECT next.id, p.place, octet_length(next.content) AS own,
       sum(octet_length(next.content)) OVER (ORDER BY p.place, next.position) AS total
     FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS p (thread_id, indexed_to, place)
     CROSS JOIN LATERAL (
       SELECT id, position, content FROM messages
       WHERE thread_id = p.thread_id AND position > p.indexed_to
         AND position < COALESCE(${turns.firstUnended('p.thread_id')} - 1, 2147483647)
       ORDER BY position LIMIT $3) AS next
   ) AS measured
   JOIN messages m ON m.id = measured.id
   WHERE measured.total - measured.own < $4 ORDER BY measured.place, m.position`,
    ),
    /**
     * Sets the level of messages that a former release stored without one: the highest of what they cite and of the
     * messages before them.
     */
    settleLevels: sql(
      'message_index.settle_levels',
      `UPDATE messages SET level = known.level
   FROM (
     SELECT id, position, max(own) OVER (ORDER BY position) AS level FROM (
       SELECT m.id, m.position, CASE WHEN m.role = 'user' THEN 0 ELSE ${levelOfMessage} END AS own
       FROM messages m WHERE m.thread_id = $1 AND m.position > $2 - 200 AND m.position <= $3) AS said
   ) AS known
   WHERE messages.id = known.id AND known.position > $2 AND known.level > 0
     AND messages.level IS NULL AND messages.role <> 'user' AND messages.status <> 'streaming'`,
    ),
  };
}
