import { Logger } from '@nestjs/common';
import pg from 'pg';
import { Database, type Sql } from '../../src/platform/database/index.js';
import { endedAlongOf } from '../../src/sql-fragments.module.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { PostgresInFlightAttempts } from '../../src/usage/adapters/postgres-in-flight-attempts.js';
import { PostgresUsageLedger } from '../../src/usage/adapters/postgres-usage-ledger.js';
import { describeEndedAlong, type EndedAlongUnderTest } from '../contracts/ended-along.contract.js';
import { leaseOf } from '../contracts/turn-store/suite.js';
import { testDatabase } from '../setup/test-database.js';
import { ALONG } from '../support/foreign-sql.js';
import { tellThread } from '../support/logged-turns.js';
import { LEASES, newTurn, turnEnd, NO_NOTIFIER } from '../support/turns.js';

let pool: pg.Pool;
let under: EndedAlongUnderTest;
let ledger: PostgresUsageLedger;

/** A database whose answer to the end of a turn may be lost. */
class Losing extends Database {
  losesNext = false;

  override async query<Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> {
    const rows = await super.query<Row>(statement, values);
    if (!this.losesNext || statement.name !== 'turn_store.finish') return rows;
    this.losesNext = false;
    throw new Error('lost');
  }
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  pool = new pg.Pool(await testDatabase());
  const database = new Losing(pool);
  ledger = new PostgresUsageLedger(database);
  const turns = new PostgresTurnStore(database, LEASES, ALONG, endedAlongOf(ledger), NO_NOTIFIER);
  under = {
    ledger,
    inFlight: new PostgresInFlightAttempts(database),
    async begin(caller) {
      const turn = newTurn(caller, await tellThread(pool, caller));
      const accepted = await turns.accept(turn);
      if (accepted.kind !== 'accepted') throw new Error(`the turn is ${accepted.kind}`);
      return leaseOf(turn, accepted.firstSeq);
    },
    end: (lease, change) => turns.finish({ ...turnEnd(lease), ...change }),
    async rows(turnId) {
      const { rows } = await pool.query<{ input_tokens: number; outcome: string; provider: string }>(
        'SELECT input_tokens::integer, outcome, provider FROM llm_attempts WHERE turn_id = $1',
        [turnId],
      );
      return rows;
    },
    async statusOf(turnId) {
      const { rows } = await pool.query<{ status: string }>('SELECT status FROM turns WHERE id = $1', [
        turnId,
      ]);
      return rows[0]!.status;
    },
    loseAnswer: () => (database.losesNext = true),
  };
});

afterAll(async () => {
  // What waits for a turn that never ended is told to a database no more.
  await ledger?.beforeApplicationShutdown();
  await pool?.end();
  Logger.overrideLogger(['log', 'error', 'warn']);
});

describeEndedAlong('Postgres', () => under);
