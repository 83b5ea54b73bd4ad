import pg from 'pg';
import { Database } from '../../src/platform/database/index.js';
import { PostgresMcpServerStore } from '../../src/tool/adapters/postgres-mcp-server-store.js';
import { describeMcpServerStore } from '../contracts/mcp-server-store.contract.js';
import { testDatabase } from '../setup/test-database.js';

let pool: pg.Pool;
beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});
afterAll(() => pool.end());

describeMcpServerStore('Postgres', () => new PostgresMcpServerStore(new Database(pool)));
