import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import type { TurnSql } from '../ports/joined-tables-sql.js';
import { ownedThread, setHead } from './thread-sql.js';
import { deletionTold, threadTold } from './user-event-sql.js';

/** The parameters of whose thread it is, in all statements that tell of one. */
const OWNER = { org: '$2', user: '$3' };

export const CREATE = sql(
  'thread_store.create',
  `WITH thread AS (
     INSERT INTO threads (id, org_id, user_id, title, workflow, workflow_version, metadata, created_at, updated_at,
       active_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $8::timestamptz, $8::timestamptz)
     RETURNING id
   )
   ${logSql.openLog('thread')} RETURNING ${threadTold('thread_created', 'thread_id', OWNER)}`,
);

/** Every writer of events updates the head: with it locked, nothing is written that the deletion would miss. */
export const LOCK = sql(
  'thread_store.lock',
  `SELECT t.id FROM threads t ${logSql.joinHead('h', 't.id')}
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3
   FOR UPDATE OF t, h`,
);

/** Locks the thread: no turn is accepted or queued until the end of the transaction. */
export const HOLD = sql('thread_store.hold', `${ownedThread('$1', '$2', '$3')} FOR NO KEY UPDATE`);

/**
 * Events and the index queue have no foreign key, so they are deleted explicitly; everything else is deleted by
 * cascade.
 */
export const REMOVE = sql(
  'thread_store.remove',
  `WITH removed AS (
     DELETE FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3 RETURNING threads.*
   ), events AS (
     ${logSql.removeEvents('removed')}
   ), pending AS (
     DELETE FROM search_pending p USING removed WHERE p.thread_id = removed.id
   )
   SELECT ${deletionTold('removed')} FROM removed`,
);

export const HEAD = sql(
  'thread_store.head',
  `SELECT h.last_seq::float8 AS last_seq FROM threads t ${logSql.joinHead('h', 't.id')}
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3`,
);

/** The last of the merged events has kept its sequence, so a cursor whose event exists has not been compacted. */
export const PLACE = sql(
  'thread_store.place',
  `SELECT h.last_seq::float8 AS head, $4::bigint = 0 OR $4::bigint >= h.last_seq OR ${logSql.isKept('t.id', '$4::bigint')} AS is_kept
   FROM threads t ${logSql.joinHead('h', 't.id')}
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3`,
);

/** The statements that return threads as their users see them. */
export function threadStatements(turns: TurnSql) {
  const columns = `t.id, t.title, t.workflow, t.workflow_version, t.metadata,
  t.message_count + t.further_messages AS message_count, t.head_turn_id, t.created_at,
  t.updated_at, t.active_at, ${turns.activeIn('t.id')} AS active`;
  return {
    find: sql(
      'thread_store.find',
      `SELECT ${columns} FROM threads t WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3`,
    ),
    list: sql(
      'thread_store.list',
      `SELECT ${columns} FROM threads t
   WHERE t.org_id = $1 AND t.user_id = $2 AND (t.active_at, t.id) < ($3::timestamptz, $4::uuid)
   ORDER BY t.active_at DESC, t.id DESC LIMIT $5`,
    ),
    /** Those of the ids that are the caller's threads, in the given order. */
    byIds: sql(
      'thread_store.by_ids',
      `SELECT ${columns} FROM unnest($3::uuid[]) WITH ORDINALITY AS found (id, place)
   JOIN threads t ON t.id = found.id
   WHERE t.org_id = $1 AND t.user_id = $2 ORDER BY found.place`,
    ),
    update: sql(
      'thread_store.update',
      `UPDATE threads t SET title = COALESCE($4, t.title), metadata = COALESCE($5::jsonb, t.metadata), updated_at = now()
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3
   RETURNING ${columns}, ${threadTold('thread_updated', 't.id', OWNER)}`,
    ),
    isBusy: sql('thread_store.is_busy', `SELECT 1 AS one WHERE ${turns.activeIn('$1')} IS NOT NULL`),
    moveHead: sql(
      'thread_store.move_head',
      setHead({ thread: '$1', ...OWNER, turn: '$4::uuid' }, turns, threadTold('thread_updated', 'id', OWNER)),
    ),
  };
}
