import type { Queryable, Sql } from '../../platform/database/index.js';
import type { EventsAlong, MessageBegun, MessageDone, Suspension, TurnWait } from '../ports/turn-store.js';
import type { ToldAlong } from '../ports/told-along.js';
import { waitHappenings } from './happenings.js';
import * as progress from './progress-statements.js';
import { beginMessageValues, endMessageValues, suspendValues } from './progress-values.js';
import type { TellWatchers } from './tell-watchers.js';

/** Stores what a turn comes to before its end, each with the events that say so. */
export class StoreProgress {
  private readonly suspends: ReturnType<typeof progress.suspendStatements>;

  constructor(
    private readonly database: Queryable,
    private readonly told: ToldAlong,
    private readonly watchers: TellWatchers,
  ) {
    this.suspends = progress.suspendStatements(told);
  }

  endMessage(done: MessageDone): Promise<boolean> {
    return this.store(done, progress.END_MESSAGE, endMessageValues(done));
  }

  beginMessage(begun: MessageBegun): Promise<boolean> {
    return this.store(begun, progress.BEGIN_MESSAGE, beginMessageValues(begun));
  }

  async suspend(wait: TurnWait): Promise<Suspension> {
    // The statement tells by itself what the turn asks for, which may be answered at once; that the turn began comes before.
    await this.watchers.sent();
    const told = this.told.isUsed ? this.told.rowsOf(waitHappenings(wait)) : undefined;
    const values = suspendValues(wait);
    if (told !== undefined) values.push(told);
    const statement = told === undefined ? this.suspends.silent : this.suspends.told;
    const [row] = await this.database.query<{ is_stopped: boolean }>(statement, values);
    if (row !== undefined && told !== undefined) this.told.stored();
    if (row !== undefined) return row.is_stopped ? 'stopped' : 'waiting';
    return (await this.wasWritten(wait)) ? 'waiting' : 'lost';
  }

  private async store(along: EventsAlong, statement: Sql, values: readonly unknown[]): Promise<boolean> {
    const rows = await this.database.query(statement, values);
    const isStored = rows.length > 0 || (await this.wasWritten(along));
    if (isStored) this.watchers.logged(along.context.threadId);
    return isStored;
  }

  /** Whether the answer to a statement was lost, and not the statement. */
  private async wasWritten({ context, epoch, fromSeq, events }: EventsAlong): Promise<boolean> {
    const values = [context.threadId, context.turnId, epoch, fromSeq + events.length];
    return (await this.database.query(progress.WAS_WRITTEN, values)).length > 0;
  }
}
