import pg from 'pg';
import { newId, PROCESS_ID } from '../../src/kernel/index.js';
import { Database, Listener } from '../../src/platform/database/index.js';
import { GO_ON_CHANNEL, PostgresTurnSignals } from '../../src/turn/adapters/postgres-turn-signals.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { describeTurnSignals } from '../contracts/turn-signals.contract.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { tellThread } from '../support/logged-turns.js';
import { ALONG, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { LEASES, NO_NOTIFIER } from '../support/turns.js';
import { until } from '../support/until.js';

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

it('have a process go on with a turn that it holds something of, and no other one', async () => {
  const heard: string[] = [];
  await new PostgresTurnSignals(listeners[0]).onGoOnRequested((turnId) => void heard.push(turnId));
  for (const payload of [`${newId()}:theirs`, `${PROCESS_ID}:ours`])
    await pool.query('SELECT pg_notify($1, $2)', [GO_ON_CHANNEL, payload]);
  await until(() => heard.length > 0);
  expect(heard).toEqual(['ours']);
});

describeTurnSignals('NOTIFY', () => {
  const [one, other] = listeners;
  return Promise.resolve({
    signals: [new PostgresTurnSignals(one), new PostgresTurnSignals(other)],
    store: new PostgresTurnStore(new Database(pool), LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER),
    newThread: (owner) => tellThread(pool, owner),
  });
});
