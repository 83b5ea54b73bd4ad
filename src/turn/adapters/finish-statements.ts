import { logSql } from '../../log/index.js';
import { sql, type Sql } from '../../platform/database/index.js';
import { threadSql, userEventSql } from '../../thread/index.js';
import type { EndedAlong } from '../ports/ended-along.js';
import type { ToldAlong } from '../ports/told-along.js';
import { levelOf } from './input-statements.js';
import { queuePosition } from './thread-queue-statements.js';

const ANSWER = {
  ...{ id: '$10', content: '$11', status: '$12', provider: '$13', model: '$14', usage: '$15' },
  ...{ citations: '$16', toolCalls: '$17', step: '$18', level: '$23', documents: '$24' },
};

const LAST_EVENTS = { turn: '$2', seqs: '$19', types: '$20', data: '$21', times: '$22', level: '$23' };

/**
 * A turn ends: its message, its row, its last events and the attempt that it ends with, or nothing when the epoch has passed.
 * Answers who is next.
 */
const finish = (name: string, along: EndedAlong, more: string) =>
  sql(
    name,
    `WITH head AS (
     ${logSql.makeRoom({ thread: '$1', turn: '$2', epoch: '$3', fromSeq: '$4', toSeq: '$5' })}
   ), ended AS (
     UPDATE turns SET status = $6, ended_at = $7::timestamptz, error = $8::jsonb, workflow_run_id = $9::uuid,
       workflow_state = COALESCE($25::json, workflow_state), lease_owner = NULL, lease_until = NULL
     FROM head WHERE turns.id = $2::uuid
   ), answered AS (
     ${threadSql.storeAnswer('head', ANSWER)}
   ), written AS (
     ${logSql.writeEvents('head', LAST_EVENTS)}
   ), ${along.recordAttempt('head', '$26')}${more}
   SELECT (
     SELECT q.id FROM turns q WHERE q.thread_id = head.thread_id AND q.status = 'queued'
     ORDER BY ${queuePosition('q')} DESC LIMIT 1
   ) AS next_id, COALESCE((SELECT was_lost FROM recorded), false) AS was_lost
   FROM head`,
  );

const CLOSE_INPUTS = `, closed AS (
     UPDATE inputs SET status = 'cancelled', answered_at = $7::timestamptz
     FROM head WHERE inputs.turn_id = $2::uuid AND inputs.status = 'open'
     RETURNING ${userEventSql.closedInputTold('inputs', levelOf('inputs'))}
   )`;

/** The two statements that end a turn. `waiting`: one that was stopped while it waited, and needs no answer any more to what it asked for. */
export interface FinishStatements {
  readonly running: Sql;
  readonly waiting: Sql;
}

/** They are others where other systems are told of the end: `$27` is what is stored for them. */
export function finishStatements(
  along: EndedAlong,
  told: ToldAlong,
): { readonly silent: FinishStatements; readonly told: FinishStatements } {
  const deliveries = `, outbox AS (
     ${told.writeDeliveries('head', '$27')}
   )`;
  return {
    silent: {
      running: finish('turn_store.finish', along, ''),
      waiting: finish('turn_store.finish_waiting', along, CLOSE_INPUTS),
    },
    told: {
      running: finish('turn_store.finish_told', along, deliveries),
      waiting: finish('turn_store.finish_waiting_told', along, CLOSE_INPUTS + deliveries),
    },
  };
}

/** Whether a finish whose response was lost had been committed: then the turn is no longer active at that epoch. */
export const WAS_FINISHED = sql(
  'turn_store.was_finished',
  `SELECT turns.id FROM turns ${logSql.joinHead('h', 'turns.thread_id')}
   WHERE turns.id = $1 AND turns.epoch = $2 AND turns.ended_at IS NOT NULL AND h.last_seq >= $3`,
);
