import { PROCESS_ID, type Siblings } from '../../kernel/index.js';
import { logSql, type LoggedEvent } from '../../log/index.js';
import type { Queryable, Sql } from '../../platform/database/index.js';
import type { ToldAlong } from '../ports/told-along.js';
import { stoppedHappening } from './happenings.js';
import { stoppedFrom, type StoppedRow } from './leased-row.js';
import * as overtaking from './overtake-statements.js';
import { OWNER_OF } from './told-statements.js';
import * as stopped from './stopped-queue-statements.js';

/** Changes of a thread's queue that take several statements, within a transaction. */

/** Ends what was stopped behind a turn that waits; returns the events. Other systems are told of it by the statement `tell`. */
export async function endStopped(
  queryable: Queryable,
  threadId: string,
  told: ToldAlong,
  tell: Sql,
): Promise<readonly LoggedEvent[]> {
  const at = new Date().toISOString();
  const values = [threadId, at, logSql.appendedPayload(PROCESS_ID, [threadId])];
  const events: LoggedEvent[] = [];
  const locked = await queryable.query(stopped.LOCK_WAITING, [threadId]);
  // As many as the thread's queue can have.
  while (locked.length > 0) {
    const [row] = await queryable.query<StoppedRow>(stopped.END_STOPPED, values);
    if (row === undefined) break;
    events.push(...stoppedFrom(row, at));
  }
  if (told.isUsed && events.length > 0) await tellOfStopped(queryable, threadId, events, told, tell);
  return events;
}

interface OwnerRow {
  readonly org_id: string;
  readonly user_id: string;
  readonly workflow: string;
  readonly workflow_version: number;
}

async function tellOfStopped(
  queryable: Queryable,
  threadId: string,
  events: readonly LoggedEvent[],
  told: ToldAlong,
  tell: Sql,
): Promise<void> {
  const [owner] = await queryable.query<OwnerRow>(OWNER_OF, [threadId]);
  if (owner === undefined) return;
  const { org_id: org, user_id: user, workflow, workflow_version: workflowVersion } = owner;
  const ended = events
    .filter(({ type }) => type === 'done')
    .map(({ turnId, data, at }) => {
      const { status } = JSON.parse(data) as { status: string };
      const of = { threadId, turnId, workflow, workflowVersion, workflowRunId: null, status };
      return stoppedHappening({ org, user }, of, at);
    });
  const rows = told.rowsOf(ended);
  if (rows !== undefined) await queryable.query(tell, [rows]);
}

/** Where a turn stands in its thread's tree. */
export interface Place {
  readonly parent_turn_id: string | null;
  readonly siblings: Siblings;
  readonly saved_end: string;
}

type PlaceAmongMessages = Place & { readonly position: number; readonly enqueued_at: number };

/** Puts a turn that was just enqueued before those that it runs before; returns its place, or nothing where there are none. */
export async function overtake(
  queryable: Queryable,
  threadId: string,
  turnId: string,
): Promise<Place | undefined> {
  const [place] = await queryable.query<PlaceAmongMessages>(overtaking.OVERTAKE, [threadId, turnId]);
  if (place === undefined) return undefined;
  const { position, enqueued_at: enqueuedAt, ...inTree } = place;
  await queryable.query(overtaking.SHIFT_MESSAGES, [threadId, turnId, position, enqueuedAt]);
  await queryable.query(overtaking.PLACE_SHIFTED_MESSAGES, [threadId]);
  return inTree;
}
