import { Inject, Injectable, Logger } from '@nestjs/common';
import { LeaseLostError } from '../../kernel/index.js';
import { Database, keepTrying, type Sql } from '../../platform/database/index.js';
import {
  MAX_RESULT_LENGTH,
  type JournalEntry,
  type JournalWriter,
  type RunJournal,
} from '../ports/run-journal.js';
import { RUNNING_TURN_SQL, type RunningTurnSql } from '../ports/running-turn-sql.js';
import { FIND_ENTRY, writersStatements } from './journal-statements.js';

interface EntryRow {
  readonly epoch: number;
  readonly is_done: boolean;
  readonly result: unknown;
}

/** The journal of turns in Postgres. */
@Injectable()
export class PostgresRunJournal implements RunJournal {
  private readonly logger = new Logger(PostgresRunJournal.name);
  private readonly statements: ReturnType<typeof writersStatements>;

  constructor(
    private readonly database: Database,
    @Inject(RUNNING_TURN_SQL) runningTurn: RunningTurnSql,
  ) {
    this.statements = writersStatements(runningTurn);
  }

  async find(turnId: string, key: string): Promise<JournalEntry | undefined> {
    const [row] = await this.database.query<EntryRow>(FIND_ENTRY, [turnId, key]);
    return row && entryFrom(row);
  }

  begin(writer: JournalWriter, key: string): Promise<JournalEntry> {
    return this.write(this.statements.begin, writer, [key]);
  }

  async complete(writer: JournalWriter, key: string, result: unknown): Promise<unknown> {
    const text = JSON.stringify(result) ?? 'null';
    if (text.length > MAX_RESULT_LENGTH) {
      throw new RangeError(`a result has ${text.length} characters, and may have ${MAX_RESULT_LENGTH}`);
    }
    const entry = await this.write(this.statements.complete, writer, [key, text]);
    return entry.isDone ? entry.result : undefined;
  }

  private async write(
    statement: Sql,
    { threadId, turnId, epoch }: JournalWriter,
    values: readonly unknown[],
  ): Promise<JournalEntry> {
    const parameters = [threadId, turnId, epoch, ...values];
    for (;;) {
      const [row] = await keepTrying(this.logger, { name: 'what a turn has done', turnId }, () =>
        this.database.query<EntryRow | { readonly epoch: null }>(statement, parameters),
      );
      if (row === undefined) throw new LeaseLostError(`turn ${turnId} is run by another process now`);
      if (row.epoch !== null) return entryFrom(row);
    }
  }
}

function entryFrom({ epoch, is_done, result }: EntryRow): JournalEntry {
  return is_done ? { isDone: true, result } : { isDone: false, epoch };
}
