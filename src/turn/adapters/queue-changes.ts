import { PROCESS_ID, type Siblings } from '../../kernel/index.js';
import { logSql, type LoggedEvent } from '../../log/index.js';
import type { Queryable } from '../../platform/database/index.js';
import { stoppedFrom, type StoppedRow } from './leased-row.js';
import * as overtaking from './overtake-statements.js';
import * as stopped from './stopped-queue-statements.js';

/** Changes of a thread's queue that take several statements, within a transaction. */

/** Ends what was stopped behind a turn that waits; returns the events. */
export async function endStopped(queryable: Queryable, threadId: string): Promise<readonly LoggedEvent[]> {
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
  return events;
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
