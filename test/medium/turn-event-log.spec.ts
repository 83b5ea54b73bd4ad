import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { Database, Listener, Notifier } from '../../src/platform/database/index.js';
import { PostgresTurnEventLog } from '../../src/log/adapters/postgres-turn-event-log.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { describeTurnEventLog, type LogUnderTest } from '../contracts/turn-event-log.contract.js';
import { MemoryTurnEventLog } from '../doubles/memory-turn-event-log.js';
import { testDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { ALONG, FOREIGN, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { LEASES, newTurn, NO_NOTIFIER } from '../support/turns.js';

const caller = newUser('log');

let pool: pg.Pool | undefined;
const listeners: Listener[] = [];
afterAll(() => Promise.all([pool?.end(), ...listeners.map((listener) => listener.close())]));

async function postgresLog(): Promise<LogUnderTest> {
  const { connectionString } = await testDatabase();
  pool ??= new pg.Pool({ connectionString });
  const database = new Database(pool);
  const threads = new PostgresThreadStore(database, FOREIGN);
  const turns = new PostgresTurnStore(database, LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER);
  const logOf = (processId?: string) => {
    const listener = new Listener(connectionString);
    listeners.push(listener);
    return new PostgresTurnEventLog(database, database, listener, new Notifier(database), processId);
  };
  return {
    log: logOf(),
    others: logOf(newId()),
    async openTurn() {
      const threadId = newId();
      const createdAt = new Date().toISOString();
      await threads.create(caller, {
        id: threadId,
        title: null,
        workflow: 'chat',
        workflowVersion: 1,
        metadata: {},
        createdAt,
      });
      const turn = newTurn(caller, threadId);
      await turns.accept(turn);
      // The suite begins with an empty log: what accepting wrote is taken back.
      await pool!.query('DELETE FROM turn_events WHERE thread_id = $1', [threadId]);
      await pool!.query('UPDATE thread_heads SET last_seq = 0 WHERE thread_id = $1', [threadId]);
      return { threadId, turnId: turn.turnId };
    },
    async moveEpoch(threadId, epoch) {
      await pool!.query('UPDATE thread_heads SET epoch = $2 WHERE thread_id = $1', [threadId, epoch]);
    },
  };
}

function memoryLog(): Promise<LogUnderTest> {
  const log = new MemoryTurnEventLog();
  return Promise.resolve({
    log,
    others: new MemoryTurnEventLog(log),
    openTurn() {
      const ids = { threadId: newId(), turnId: newId() };
      log.open(ids.threadId, ids.turnId);
      return Promise.resolve(ids);
    },
    moveEpoch(threadId, epoch) {
      log.threads.get(threadId)!.epoch = epoch;
      return Promise.resolve();
    },
  });
}

describeTurnEventLog('Postgres', postgresLog);
describeTurnEventLog('memory', memoryLog);
