import { sql } from './sql.js';

/**
 * Answers no row. It writes nothing, so that its commit, behind which wait those of all others who notify, waits for no disk; nor
 * has to be there what Postgres may write beside it.
 */
export const NOTIFY = sql(
  'notifier.notify',
  `WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
   SELECT FROM quick, unnest($1::text[], $2::text[]) AS n (channel, payload)
   WHERE pg_notify(n.channel, n.payload) IS NULL`,
);
