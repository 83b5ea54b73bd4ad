import { sql, type Sql } from '../../platform/database/index.js';
import { threadSql } from '../../thread/index.js';
import type { ToldAlong } from '../ports/told-along.js';

/** Whose thread it is, and what it is pinned to. */
export const OWNER_OF = sql(
  'turn_store.owner_of',
  `SELECT t.org_id, t.user_id, t.workflow, t.workflow_version FROM (SELECT $1::uuid AS id) own
   ${threadSql.joinThread('t', 'own.id')}`,
);

/** Stores what other systems are told, in a transaction of several statements. */
export function tellStatement(told: ToldAlong): Sql {
  return sql('turn_store.tell', told.writeDeliveries('(SELECT 1) AS one', '$1'));
}
