import pg from 'pg';
import { PostgresSelectedProvider } from '../../src/llm/adapters/postgres-selected-provider.js';
import { Database, Listener } from '../../src/platform/database/index.js';
import { testDatabase } from '../setup/test-database.js';
import { until } from '../support/until.js';

let pool: pg.Pool;

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});

afterAll(() => pool.end());

describe('the selected provider in Postgres', () => {
  interface Process {
    readonly store: PostgresSelectedProvider;
    readonly pool: pg.Pool;
    readonly listener: Listener;
  }
  const processes: Process[] = [];

  async function startProcess(): Promise<Process> {
    const { connectionString } = await testDatabase();
    const own = new pg.Pool({ connectionString, max: 2 });
    const listener = new Listener(connectionString);
    const store = new PostgresSelectedProvider(new Database(own), listener);
    const process = { store, pool: own, listener };
    processes.push(process);
    return process;
  }

  afterEach(async () => {
    for (const { store, pool: own, listener } of processes.splice(0)) {
      store.onModuleDestroy();
      await listener.close();
      await own.end();
    }
    await pool.query('DELETE FROM llm_settings; DELETE FROM llm_selected_providers');
  });

  it('is nobody until somebody is selected, and then whoever was last', async () => {
    const { store } = await startProcess();
    expect((await store.read(undefined)).selected).toEqual([]);
    for (const provider of ['claude', 'groq']) await store.write({ org: undefined, provider });
    for (const provider of ['openai', 'local']) await store.write({ org: 'acme', provider });
    expect((await store.read(undefined)).selected).toEqual([
      { org: undefined, provider: 'groq' },
      { org: 'acme', provider: 'local' },
    ]);
  });

  it('is read anew only where it may have changed', async () => {
    const { store, pool: own } = await startProcess();
    await store.write({ org: 'acme', provider: 'claude' });
    await own.query(`UPDATE llm_selected_providers SET updated_at = now() - interval '1 hour'`);
    await store.write({ org: 'other', provider: 'local' });
    const { selected, asOf } = await store.read(undefined);
    expect(selected).toHaveLength(2);
    expect((await store.read(asOf)).selected).toEqual([{ org: 'other', provider: 'local' }]);
  });

  it('is told to every process and every listener in it, and can be read by then', async () => {
    const [one, other] = [await startProcess(), await startProcess()];
    const heard: (string | undefined)[] = [];
    const again: string[] = [];
    await other.store.onChanged(
      () => void other.store.read(undefined).then(({ selected }) => heard.push(selected[0]?.provider)),
    );
    await other.store.onChanged(() => void again.push('again'));
    await one.store.write({ org: 'acme', provider: 'claude' });
    await until(() => heard.includes('claude') && again.length > 0);
    await one.store.write({ org: 'acme', provider: 'local' });
    await until(() => heard.includes('local'));
  });

  it('is read again after the listening connection was lost', async () => {
    const { store, pool: own } = await startProcess();
    let told = 0;
    await store.onChanged(() => (told += 1));
    await own.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'threadline-listener' AND datname = current_database()`,
    );
    await until(() => told > 0);
  });
});
