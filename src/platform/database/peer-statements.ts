import { isLockHeld } from './lock-statements.js';
import { sql } from './sql.js';

export const SEEN = sql(
  'processes.seen',
  `INSERT INTO processes (id, runs_turns) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = now()`,
);

export const LEFT = sql('processes.left', 'DELETE FROM processes WHERE id = $1');

/** A killed process is not connected any more, and one that hangs was not seen lately. */
export const OTHERS = sql(
  'processes.others',
  `SELECT 1 AS one FROM processes
   WHERE (runs_turns OR NOT $3::boolean) AND id <> $1 AND seen_at > now() - $2::int * interval '1 millisecond'
     AND ${isLockHeld('id::text')} LIMIT 1`,
);

export const FORGET = sql(
  'processes.forget',
  `DELETE FROM processes WHERE seen_at < now() - interval '1 hour'`,
);
