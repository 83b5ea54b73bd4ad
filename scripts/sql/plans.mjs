// How Postgres would run the statements that every message needs: on the migrated embedded database, with rows of
// which there are always the same.
import { readFile } from 'node:fs/promises';
import { prepareSession } from '../../dist/src/platform/database/index.js';

/** Statements whose plans are written down: what each message, each piece of an answer and each reader asks. */
export const HOT = [
  'message_store.history_before',
  'message_store.page_asc',
  'message_store.page_desc',
  'rag.search',
  'thread_store.list',
  'turn_event_log.append',
  'turn_event_log.read',
  'turn_store.accept',
  'turn_store.claim_turn',
  'turn_store.claim_waiting',
  'turn_store.enqueue',
  'turn_store.extend_leases',
  'turn_store.finish',
  'turn_store.claim_expired',
  'usage.begin',
  'usage.record',
  'workflow_run_store.advance',
  'workflow_run_store.current',
];

/** The plan of each hot statement, by its name. */
export async function plansOf(statements, client) {
  await prepareSession(client, 'requests');
  await client.query(await readFile(new URL('./seed.sql', import.meta.url), 'utf8'));
  // Vacuumed too: whether all that a page has can be seen is among what plans cost.
  await client.query('VACUUM (ANALYZE)');
  const plans = new Map();
  for (const name of HOT) {
    const statement = statements.find((one) => one.name === name);
    if (statement === undefined)
      throw new Error(`scripts/sql/plans.mjs names ${name}, and there is no such statement.`);
    const { rows } = await client.query(`EXPLAIN (GENERIC_PLAN, COSTS OFF) ${statement.text}`);
    plans.set(name, rows.map((row) => row['QUERY PLAN']).join('\n'));
  }
  return plans;
}
