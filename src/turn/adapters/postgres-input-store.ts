import { Injectable } from '@nestjs/common';
import { PROCESS_ID, type Caller, type Person, type ResolvedInput } from '../../kernel/index.js';
import { logSql } from '../../log/index.js';
import { Database, type Sql } from '../../platform/database/index.js';
import type {
  ClosedInput,
  Input,
  InputAnswer,
  InputPage,
  InputStatus,
  InputStore,
} from '../ports/input-store.js';
import { inputFor, inputFrom, resolvedFrom, turnRowOf, type ClosedRow, type InputRow } from './input-row.js';
import * as statements from './input-statements.js';
import { turnFrom } from './turn-row.js';

type Closed = Extract<ClosedInput, { kind: 'closed' }>;

/** Greater than every id. */
const BEFORE_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** How an input is closed, as the parameters 2 to 6 of the statements that do it. */
interface Closing {
  readonly lock: Sql;
  readonly close: Sql;
  readonly as: readonly unknown[];
}

/** Inputs in Postgres. */
@Injectable()
export class PostgresInputStore implements InputStore {
  constructor(private readonly database: Database) {}

  async list(
    caller: Caller,
    status: InputStatus | undefined,
    limit: number,
    after = BEFORE_ALL,
  ): Promise<InputPage> {
    const { org, id, roles } = caller;
    const values = [after, org, id, roles, status ?? null, limit + 1];
    const rows = await this.database.query<InputRow>(statements.LIST, values);
    return {
      inputs: rows.slice(0, limit).map((row) => inputFor(caller, row)),
      next: rows.length > limit ? rows[limit - 1]?.id : undefined,
    };
  }

  async find(caller: Caller, id: string): Promise<Input | undefined> {
    const { org, id: user, roles } = caller;
    const [row] = await this.database.query<InputRow>(statements.FIND, [id, org, user, roles]);
    return row && inputFor(caller, row);
  }

  async answer(caller: Caller, id: string, answer: InputAnswer): Promise<ClosedInput> {
    const { outcome, content, remember = false } = answer;
    const closed = await this.close(
      id,
      [caller.org, caller.id, caller.roles],
      (row) => inputFor(caller, row),
      {
        lock: statements.LOCK_ANSWERABLE,
        close: statements.ANSWER,
        as: [
          outcome,
          content === undefined ? null : JSON.stringify(content),
          remember,
          new Date().toISOString(),
          caller.id,
        ],
      },
    );
    if (closed !== undefined) return closed;
    const input = await this.find(caller, id);
    if (input === undefined) return { kind: 'not_found' };
    // Nobody has closed it yet.
    const isOver = input.status === 'open' && Date.parse(input.expiresAt) <= Date.now();
    return { kind: 'conflict', status: isOver ? 'expired' : input.status };
  }

  async resolvedOf(turnId: string): Promise<ReadonlyMap<string, ResolvedInput>> {
    const rows = await this.database.query<InputRow>(statements.OF_TURN, [turnId]);
    const resolved = rows.map(resolvedFrom).filter((input) => input !== undefined);
    return new Map(resolved.map((input) => [input.key, input]));
  }

  async openOf(reader: Pick<Caller, 'clearance'>, turnId: string): Promise<readonly Input[]> {
    const rows = await this.database.query<InputRow>(statements.OF_TURN, [turnId]);
    return rows.filter(({ status }) => status === 'open').map((row) => inputFor(reader, row));
  }

  async expire(limit: number): Promise<readonly Closed[]> {
    const due = await this.database.query<{ id: string }>(statements.DUE, [limit]);
    const expired: Closed[] = [];
    for (const { id } of due) {
      const as = ['expired', null, false, new Date().toISOString(), null];
      const closed = await this.close(id, [], inputFrom, {
        lock: statements.LOCK_EXPIRED,
        close: statements.EXPIRE,
        as,
      });
      if (closed !== undefined) expired.push(closed);
    }
    return expired;
  }

  async anonymise({ org, id }: Person): Promise<void> {
    await this.database.query(statements.ANONYMISE, [org, id]);
  }

  async countOpen(): Promise<number> {
    const [row] = await this.database.query<{ open: number }>(statements.COUNT_OPEN, []);
    return row?.open ?? 0;
  }

  private close(
    id: string,
    who: readonly unknown[],
    shown: (row: InputRow) => Input,
    { lock, close, as }: Closing,
  ): Promise<Closed | undefined> {
    return this.database.transaction(async (queryable) => {
      const locked = await queryable.query<{ thread_id: string }>(lock, [id, ...who]);
      const [found] = locked;
      if (found === undefined) return undefined;
      const payload = logSql.appendedPayload(PROCESS_ID, [found.thread_id]);
      const [row] = await queryable.query<ClosedRow>(close, [id, ...as, payload, PROCESS_ID]);
      if (row === undefined) return undefined;
      const turn = turnFrom(turnRowOf(row));
      const holder = row.holder === null ? {} : { holder: row.holder };
      return { kind: 'closed', input: shown(row), turn, isLast: turn.status === 'running', ...holder };
    });
  }
}
