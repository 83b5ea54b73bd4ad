import pg from 'pg';
import { Database, Listener } from '../../src/platform/database/index.js';
import { PostgresTurnSignals } from '../../src/turn/adapters/postgres-turn-signals.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { describeTurnSignals } from '../contracts/turn-signals.contract.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { tellThread } from '../support/logged-turns.js';
import { ALONG, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { LEASES, NO_NOTIFIER } from '../support/turns.js';

let fresh: FreshDatabase;
let pool: pg.Pool;
let listeners: readonly [Listener, Listener];
beforeAll(async () => {
  // Of their own: other suites stop turns as well.
  fresh = await freshDatabase();
  pool = new pg.Pool({ connectionString: fresh.connectionString });
  listeners = [new Listener(fresh.connectionString), new Listener(fresh.connectionString)];
});
afterAll(async () => {
  await Promise.all(listeners.map((listener) => listener.close()));
  await pool.end();
  await fresh.drop();
});

describeTurnSignals('NOTIFY', () => {
  const [one, other] = listeners;
  return Promise.resolve({
    signals: [new PostgresTurnSignals(one), new PostgresTurnSignals(other)],
    store: new PostgresTurnStore(new Database(pool), LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER),
    newThread: (owner) => tellThread(pool, owner),
  });
});
