import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import { userEventSql } from '../../thread/index.js';
import { GO_ON_CHANNEL } from './postgres-turn-signals.js';
import { TURN_COLUMNS } from './turn-row.js';
import { turn as turnRow } from './turn-sql.js';

const COLUMNS = `i.id, i.thread_id, i.turn_id, i.key, i.kind, i.call_id, i.prompt, i.schema, i.server, i.mode, i.url, i.assignee,
  i.role, i.status, i.content, i.remember, i.expires_at, i.created_at, i.answered_at, i.answered_by`;

/** The level of what the turn of an input has told. */
export function levelOf(input: string): string {
  return logSql.levelSoFar(turnRow(`${input}.turn_id`));
}

const SHOWN = `${COLUMNS}, ${levelOf('i')} AS level`;

/** Whether the user of the org, with these roles, may answer the input: the thread's owner, and whom the input names. */
function isAnswerable(org: string, user: string, roles: string): string {
  return `i.org_id = ${org} AND (i.user_id = ${user} OR i.assignee = ${user} OR i.role = ANY(${roles}::text[]))`;
}

const MAY_ANSWER = isAnswerable('$2', '$3', '$4');

export const FIND = sql(
  'input_store.find',
  `SELECT ${SHOWN} FROM inputs i WHERE i.id = $1 AND ${MAY_ANSWER}`,
);

/** The newest of each reason why the user may answer, merged: each is read from an index of its own. */
export const LIST = sql(
  'input_store.list',
  `SELECT ${SHOWN} FROM inputs i WHERE i.id IN (
     (SELECT id FROM inputs WHERE org_id = $2 AND user_id = $3 AND id < $1 AND ($5::text IS NULL OR status = $5)
       ORDER BY id DESC LIMIT $6)
     UNION
     (SELECT id FROM inputs WHERE org_id = $2 AND assignee = $3 AND id < $1 AND ($5::text IS NULL OR status = $5)
       ORDER BY id DESC LIMIT $6)
     UNION
     (SELECT named.id FROM unnest($4::text[]) AS own (role) CROSS JOIN LATERAL (
        SELECT id FROM inputs WHERE org_id = $2 AND role = own.role AND id < $1 AND ($5::text IS NULL OR status = $5)
        ORDER BY id DESC LIMIT $6) named)
   ) ORDER BY i.id DESC LIMIT $6`,
);

export const OF_TURN = sql(
  'input_store.of_turn',
  `SELECT ${SHOWN} FROM inputs i WHERE i.turn_id = $1 ORDER BY i.id`,
);

/**
 * Whoever closes an input holds the log of its thread meanwhile: two who close a turn's last two at once come one after the
 * other, and the second one sees that none is left.
 */
const lock = (name: string, which: string) =>
  sql(
    name,
    `SELECT i.thread_id FROM inputs i ${logSql.joinHead('own', 'i.thread_id')}
     WHERE i.id = $1 AND ${which} FOR UPDATE OF own`,
  );

export const LOCK_ANSWERABLE = lock('input_store.lock_answerable', MAY_ANSWER);
export const LOCK_EXPIRED = lock('input_store.lock_expired', `i.status = 'open' AND i.expires_at <= now()`);

/**
 * Closes an input that is open while its turn waits, with the event that says so. When it was the last one, its turn can go
 * on: it has no owner, and whoever takes it over begins nothing anew. A process that holds what it goes on with is told so.
 */
const close = (name: string, which: string) =>
  sql(
    name,
    `WITH input AS (
       UPDATE inputs i SET status = $2, content = $3::json, remember = $4, answered_at = $5::timestamptz, answered_by = $6
       WHERE i.id = $1 AND i.status = 'open' AND ${which}
         AND EXISTS (SELECT 1 FROM turns WHERE turns.id = i.turn_id AND turns.status = 'waiting')
       RETURNING ${COLUMNS}, i.org_id, i.user_id
     ), head AS (
       ${logSql.advanceWaiting('input')}
     ), written AS (
       ${logSql.writeWaitingEvent('head', 'input_resolved', `json_build_object('inputId', $1::uuid, 'outcome', $2::text)`, '$5')}
     ), turn AS (
       UPDATE turns SET status = CASE WHEN o.is_last THEN 'running' ELSE 'waiting' END, is_resuming = o.is_last,
         lease_until = CASE WHEN o.is_last THEN now() - interval '1 second' END
       FROM input, LATERAL (SELECT NOT EXISTS (
         SELECT 1 FROM inputs other WHERE other.turn_id = input.turn_id AND other.status = 'open' AND other.id <> input.id
       ) AS is_last) o
       WHERE turns.id = input.turn_id
       RETURNING ${TURN_COLUMNS}
     ), holder AS (
       SELECT held.held_by FROM turn JOIN inputs held ON held.turn_id = turn.id
       WHERE turn.status = 'running' AND held.held_by <> $8 ORDER BY held.id DESC LIMIT 1
     )
     SELECT ${COLUMNS.replaceAll('i.', 'input.')}, ${levelOf('input')} AS level, to_json(turn.*) AS turn, holder.held_by AS holder,
       CASE WHEN holder.held_by IS NOT NULL THEN pg_notify('${GO_ON_CHANNEL}', holder.held_by || ':' || turn.id) END, ${logSql.notifyAppended('$7')},
       ${userEventSql.closedInputTold('input', levelOf('input'))}, CASE WHEN turn.status = 'running' THEN
       ${userEventSql.turnTold('turn_started', 'turn.id', 'turn.thread_id', { org: 'input.org_id', user: 'input.user_id' })} END
     FROM input JOIN turn ON turn.id = input.turn_id LEFT JOIN holder ON true`,
  );

export const ANSWER = close('input_store.answer', 'i.expires_at > now()');
export const EXPIRE = close('input_store.expire', 'i.expires_at <= now()');

export const DUE = sql(
  'input_store.due',
  `SELECT i.id FROM inputs i WHERE i.status = 'open' AND i.expires_at <= now() ORDER BY i.expires_at LIMIT $1`,
);

/** Each half is read from an index of its own. */
export const ANONYMISE = sql(
  'input_store.anonymise',
  `WITH assigned AS (
     SELECT id FROM inputs WHERE org_id = $1 AND assignee = $2
   ), answered AS (
     SELECT id FROM inputs WHERE org_id = $1 AND answered_by = $2
   )
   UPDATE inputs SET assignee = NULLIF(assignee, $2), answered_by = NULLIF(answered_by, $2)
   WHERE id IN (SELECT id FROM assigned UNION SELECT id FROM answered)`,
);

export const COUNT_OPEN = sql(
  'input_store.count_open',
  `SELECT count(*)::int AS open FROM inputs WHERE status = 'open'`,
);
