import { sql } from '../../platform/database/index.js';
import type { RunningTurnSql } from '../ports/running-turn-sql.js';

const ENTRY = 'epoch, done_at IS NOT NULL AS is_done, result';

export const FIND_ENTRY = sql(
  'run_journal.find',
  `SELECT ${ENTRY} FROM run_journal WHERE turn_id = $1 AND key = $2`,
);

/**
 * The statements of a writer: `$1` is the thread, `$2` the turn, `$3` the epoch. No row says that the epoch has passed, one
 * without an epoch that the same statement runs elsewhere and has not been seen yet.
 */
export const writersStatements = (turns: RunningTurnSql) => {
  const held = turns.heldBy('$1::uuid', '$2::uuid', '$3::int');
  return {
    begin: sql(
      'run_journal.begin',
      `WITH held AS (
         ${held}
       ), begun AS (
         INSERT INTO run_journal (turn_id, key, epoch) SELECT $2::uuid, $4, $3::int FROM held
         ON CONFLICT (turn_id, key) DO NOTHING
         RETURNING ${ENTRY}
       ), known AS (
         SELECT * FROM begun
         UNION ALL SELECT ${ENTRY} FROM run_journal WHERE turn_id = $2::uuid AND key = $4
       )
       SELECT known.* FROM held LEFT JOIN known ON true`,
    ),
    complete: sql(
      'run_journal.complete',
      `WITH held AS (
         ${held}
       ), done AS (
         INSERT INTO run_journal (turn_id, key, epoch, result, done_at)
         SELECT $2::uuid, $4, $3::int, $5::json, now() FROM held
         ON CONFLICT (turn_id, key) DO UPDATE SET epoch = EXCLUDED.epoch, result = EXCLUDED.result, done_at = EXCLUDED.done_at
           WHERE run_journal.done_at IS NULL
         RETURNING ${ENTRY}
       ), known AS (
         SELECT * FROM done
         UNION ALL SELECT ${ENTRY} FROM run_journal WHERE turn_id = $2::uuid AND key = $4 AND done_at IS NOT NULL
       )
       SELECT known.* FROM held LEFT JOIN known ON true`,
    ),
  };
};
