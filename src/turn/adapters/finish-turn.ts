import { isPermanent, type Queryable } from '../../platform/database/index.js';
import type { EndedAlong } from '../ports/ended-along.js';
import type { ToldAlong } from '../ports/told-along.js';
import type { FinishedTurn, TurnEnd } from '../ports/turn-store.js';
import { finishStatements, WAS_FINISHED } from './finish-statements.js';
import { endHappenings } from './happenings.js';
import type { TellWatchers } from './tell-watchers.js';
import { finishValues } from './turn-values.js';

interface FinishedRow {
  readonly next_id: string | null;
  readonly was_lost: boolean;
}

/** Stores the ends of turns, each with the attempt that it ends with. */
export class FinishTurn {
  private readonly statements: ReturnType<typeof finishStatements>;

  constructor(
    private readonly database: Queryable,
    private readonly along: EndedAlong,
    private readonly told: ToldAlong,
    private readonly watchers: TellWatchers,
  ) {
    this.statements = finishStatements(along, told);
  }

  async finish(end: TurnEnd): Promise<FinishedTurn> {
    const row = await this.store(end);
    const isStored = row !== undefined || (await this.wasFinished(end));
    if (isStored) this.watchers.ended(end.context);
    return { isStored, nextId: row?.next_id ?? undefined };
  }

  private async wasFinished(end: TurnEnd): Promise<boolean> {
    const values = [end.context.turnId, end.epoch, end.fromSeq + end.events.length];
    return (await this.database.query(WAS_FINISHED, values)).length > 0;
  }

  /** An attempt that is not stored goes back to its owner, who sees to it whatever becomes of the turn. */
  private async store(end: TurnEnd): Promise<FinishedRow | undefined> {
    const told = this.told.isUsed ? this.told.rowsOf(endHappenings(end)) : undefined;
    const { running, waiting } = told === undefined ? this.statements.silent : this.statements.told;
    const statement = end.closesInputs ? waiting : running;
    const attempt = this.along.take(end.context.turnId);
    let row: FinishedRow | undefined;
    try {
      const values = finishValues(end, attempt?.row);
      if (told !== undefined) values.push(told);
      [row] = await this.database.query<FinishedRow>(statement, values);
    } catch (error) {
      attempt?.giveBack();
      // It may be the attempt that is refused, and not the end of the turn.
      if (attempt !== undefined && isPermanent(error)) return this.store(end);
      throw error;
    }
    if (row !== undefined && told !== undefined) this.told.stored();
    if (row === undefined) attempt?.giveBack();
    else attempt?.stored(row.was_lost);
    return row;
  }
}
