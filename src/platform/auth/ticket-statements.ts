import { sql, type Sql } from '../database/index.js';
import type { OwnedThreadSql } from './owned-thread-sql.js';

/**
 * Sweeps expired tickets (in batches, without waiting for other sweeps), then issues a ticket if the thread is the
 * caller's and not too many are unused. Two concurrent calls do not count each other's ticket. Only the newest of the
 * caller's used tickets can be reused.
 */
export const issueTicket = (ownedThread: OwnedThreadSql): Sql =>
  sql(
    'stream-tickets.issue',
    `WITH swept AS (
     DELETE FROM stream_tickets WHERE hash IN (
       SELECT hash FROM stream_tickets WHERE expires_at <= now() LIMIT 500 FOR UPDATE SKIP LOCKED)
   ), forgotten AS (
     DELETE FROM stream_tickets WHERE hash IN (
       SELECT hash FROM stream_tickets WHERE org_id = $3 AND user_id = $4 AND opened_at IS NOT NULL AND expires_at > now()
       ORDER BY opened_at DESC OFFSET $8 FOR UPDATE SKIP LOCKED)
   ), thread AS (
     ${ownedThread('$5', '$3', '$4')}
   ), live AS (
     SELECT count(*) AS tickets FROM stream_tickets
     WHERE org_id = $3 AND user_id = $4 AND opened_at IS NULL AND expires_at > now()
   ), issued AS (
     INSERT INTO stream_tickets (hash, caller, org_id, user_id, thread_id, expires_at, token_expires_at)
     SELECT $1, $2, $3, $4, thread.id, now() + interval '30 seconds', to_timestamp($7::float8)
     FROM thread, live WHERE live.tickets < $6
     RETURNING expires_at
   )
   SELECT EXISTS (SELECT FROM thread) AS owned, (SELECT expires_at FROM issued) AS expires_at`,
  );

/** When the token of a ticket expires; a default for tickets of a former release, which did not store it. */
const TOKEN_END = `coalesce(token_expires_at, now() + interval '1 hour')`;

/** First use: from now on the ticket lives as long as its token. */
export const OPEN = sql(
  'stream-tickets.open',
  `UPDATE stream_tickets
   SET opened_at = now(), held_by = $3, user_agent = $4, expires_at = ${TOKEN_END}, token_expires_at = ${TOKEN_END}
   WHERE hash = $1 AND thread_id = $2 AND opened_at IS NULL AND expires_at > now() AND ${TOKEN_END} > now()
   RETURNING caller`,
);

/** Whether a used ticket can be reused, by the same client. */
const REOPENS = `hash = $1 AND thread_id = $2 AND opened_at IS NOT NULL AND expires_at > now()
  AND ($4::bytea IS NULL OR user_agent IS NULL OR user_agent = $4)`;

/** Reopens a ticket, unless another living process has it open; $5 says whether it is open in this one. */
export const REOPEN = sql(
  'stream-tickets.reopen',
  `UPDATE stream_tickets SET held_by = $3
   WHERE ${REOPENS} AND NOT $5::boolean AND (held_by IS NULL OR held_by = $3 OR NOT EXISTS (
     SELECT FROM stream_holders WHERE process = held_by AND alive_until > now()))
   RETURNING caller`,
);

export const IS_HELD = sql(
  'stream-tickets.is_held',
  `SELECT FROM stream_tickets WHERE ${REOPENS} AND $3::text <> ''`,
);

export const RELEASE = sql(
  'stream-tickets.release',
  `UPDATE stream_tickets SET held_by = NULL WHERE hash = $1 AND held_by = $2`,
);

export const REMOVE_OF = sql(
  'stream-tickets.remove_of',
  'DELETE FROM stream_tickets WHERE org_id = $1 AND user_id = $2',
);

/** The caller of a ticket that is still valid for any use; changes nothing. */
export const PEEK = sql(
  'stream-tickets.peek',
  `SELECT caller FROM stream_tickets WHERE hash = $1 AND thread_id = $2 AND expires_at > now() AND ${TOKEN_END} > now()`,
);

/** The heartbeat of this process, valid for some seconds; processes that stopped long ago are removed. */
export const HEARTBEAT = sql(
  'stream-tickets.heartbeat',
  `WITH gone AS (DELETE FROM stream_holders WHERE alive_until < now() - interval '1 hour')
   INSERT INTO stream_holders (process, alive_until) VALUES ($1, now() + make_interval(secs => $2))
   ON CONFLICT (process) DO UPDATE SET alive_until = EXCLUDED.alive_until`,
);
