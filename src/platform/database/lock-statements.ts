import { sql } from './sql.js';

/** The advisory lock's number for a name; `name` is SQL. */
function keyOf(name: string): string {
  return `hashtextextended('threadline ' || ${name}, 0)`;
}

/** A shared lock, so that a session that replaces a broken one does not wait for it. */
export const HOLD_LOCK = sql('session_lock.hold', `SELECT pg_advisory_lock_shared(${keyOf('$1::text')})`);

/** An SQL expression: whether a living session of this database holds the lock of a name; `name` is SQL. */
export function isLockHeld(name: string): string {
  return `EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32 | objid::bigint) = ${keyOf(name)})`;
}
