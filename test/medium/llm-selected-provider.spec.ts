import pg from 'pg';
import { PostgresSelectedProvider } from '../../src/llm/adapters/postgres-selected-provider.js';
import { Database, Listener } from '../../src/platform/database/index.js';
import { describeSelectedProvider } from '../contracts/selected-provider.contract.js';
import { testDatabase } from '../setup/test-database.js';

let pool: pg.Pool;

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});

afterAll(() => pool.end());

interface Process {
  readonly store: PostgresSelectedProvider;
  readonly pool: pg.Pool;
  readonly listener: Listener;
}
const processes: Process[] = [];

describeSelectedProvider('Postgres', () => ({
  async startProcess() {
    const { connectionString } = await testDatabase();
    const own = new pg.Pool({ connectionString, max: 2 });
    const listener = new Listener(connectionString);
    const store = new PostgresSelectedProvider(new Database(own), listener);
    processes.push({ store, pool: own, listener });
    return store;
  },
  age: async () =>
    void (await pool.query(`UPDATE llm_selected_providers SET updated_at = updated_at - interval '1 hour'`)),
  cut: async () =>
    void (await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'threadline-listener' AND datname = current_database()`,
    )),
  async reset() {
    for (const { store, pool: own, listener } of processes.splice(0)) {
      store.onModuleDestroy();
      await listener.close();
      await own.end();
    }
    await pool.query('DELETE FROM llm_settings; DELETE FROM llm_selected_providers');
  },
}));
