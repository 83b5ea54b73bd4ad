import { logSql } from '../../log/index.js';
import { sql, type Sql } from '../../platform/database/index.js';
import { threadSql, userEventSql } from '../../thread/index.js';
import type { ToldAlong } from '../ports/told-along.js';

const PLACE = { thread: '$1', turn: '$2', epoch: '$3', fromSeq: '$4', toSeq: '$5' };
const EVENTS = { turn: '$2', seqs: '$6', types: '$7', data: '$8', times: '$9', level: '$10' };

const ENDED = {
  ...{ id: '$11', content: '$12', status: '$13', provider: '$14', model: '$15', usage: '$16' },
  ...{ citations: '$17', toolCalls: '$18', step: '$19', level: '$10', documents: '$20' },
  metadata: '$21',
};

const BEGUN = {
  ...{
    beside: '$11',
    id: '$12::uuid',
    role: '$13',
    content: '$14',
    status: '$15',
    toolCall: '$16',
    at: '$17',
    parts: '$18',
  },
};

/** Events, and a message that is complete with them; nothing when the epoch has passed. */
export const END_MESSAGE = sql(
  'turn_store.end_message',
  `WITH head AS (
     ${logSql.makeRoom(PLACE)}
   ), answered AS (
     ${threadSql.storeAnswer('head', ENDED)}
   ), written AS (
     ${logSql.writeEvents('head', EVENTS)}
   )
   SELECT head.thread_id FROM head`,
);

/**
 * Events, and a further message of the turn ($12), which is the one that answers it if it is an answer; nothing when the
 * epoch has passed. The thread comes before its log, as wherever both are locked.
 */
export const BEGIN_MESSAGE = sql(
  'turn_store.begin_message',
  `WITH thread AS (
     ${threadSql.countFurtherMessage('$1', logSql.isAtPlace(PLACE))}
   ), head AS (
     ${logSql.makeRoom({ ...PLACE, thread: '(SELECT id FROM thread)' })}
   ), moved AS (
     UPDATE turns SET assistant_message_id = $12::uuid FROM head WHERE turns.id = $2::uuid AND $13 = 'assistant'
   ), stored AS (
     ${threadSql.storeFurtherMessage('head', BEGUN)}
   ), written AS (
     ${logSql.writeEvents('head', EVENTS)}
   )
   SELECT head.thread_id FROM head`,
);

/** A turn waits: what it asks for is stored with the events that say so, and its lease is over. */
const suspend = (name: string, more: string) =>
  sql(
    name,
    `WITH head AS (
     ${logSql.makeRoom(PLACE)}
   ), suspended AS (
     UPDATE turns SET status = 'waiting', lease_owner = NULL, lease_until = NULL, workflow_run_id = $11::uuid,
       workflow_state = COALESCE($12::json, workflow_state)
     FROM head WHERE turns.id = $2::uuid
     RETURNING turns.cancel_requested OR turns.interrupt_requested AS is_stopped
   ), asked AS (
     INSERT INTO inputs (id, thread_id, turn_id, org_id, user_id, key, kind, call_id, prompt, schema, server, mode, url,
       assignee, role, held_by, expires_at, created_at)
     SELECT i.id, head.thread_id, $2::uuid, $13, $14, i.key, i.kind, i.call_id, i.prompt, i.schema, i.server, i.mode,
       i.url, i.assignee, i.role, i.held_by, i.expires_at, now()
     FROM head, json_to_recordset($15::json) AS i (id uuid, key text, kind text, call_id text, prompt text, schema json,
       server text, mode text, url text, assignee text, role text, held_by text, expires_at timestamptz)
     RETURNING ${userEventSql.openInputTold('inputs')}
   ), written AS (
     ${logSql.writeEvents('head', EVENTS)}
   )${more}
   SELECT suspended.is_stopped, ${logSql.notifyAppended('$16')},
     ${userEventSql.turnTold('turn_waiting', '$2', '$1', { org: '$13', user: '$14' })}
   FROM suspended`,
  );

/** `told`: the same where other systems are told of it: `$17` is what is stored for them. */
export function suspendStatements(told: ToldAlong): { readonly silent: Sql; readonly told: Sql } {
  const deliveries = `, outbox AS (
     ${told.writeDeliveries('suspended', '$17')}
   )`;
  return {
    silent: suspend('turn_store.suspend', ''),
    told: suspend('turn_store.suspend_told', deliveries),
  };
}

/** Whether events whose answer was lost have been stored: the writer has the log still, and it ends with them. */
export const WAS_WRITTEN = sql(
  'turn_store.was_written',
  `SELECT id FROM turns WHERE id = $2 AND ${logSql.isAtPlace({ ...PLACE, fromSeq: '$4' })} AND thread_id = $1`,
);
