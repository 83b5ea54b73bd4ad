import { Logger } from '@nestjs/common';
import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database, Listener, Peers } from '../../src/platform/database/index.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { LEASES } from '../support/turns.js';
import { until } from '../support/until.js';

let fresh: FreshDatabase;
let pool: pg.Pool;
let database: Database;
beforeAll(async () => {
  // Of their own: who else is there is asked of the whole database.
  fresh = await freshDatabase();
  pool = new pg.Pool({ connectionString: fresh.connectionString });
  database = new Database(pool);
});
afterAll(async () => {
  await pool?.end();
  await fresh?.drop();
});

describe('other processes', () => {
  const opened: Listener[] = [];
  const listener = () => {
    const own = new Listener(fresh.connectionString);
    opened.push(own);
    return own;
  };
  /** A process that lives, and its connection. */
  async function another(runsTurns: boolean) {
    const [id, connection] = [newId(), listener()];
    await connection.hold(id);
    await pool.query('INSERT INTO processes (id, runs_turns) VALUES ($1, $2)', [id, runsTurns]);
    return { id, connection };
  }
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => pool.query('DELETE FROM processes'));
  afterEach(() => Promise.all(opened.splice(0).map((own) => own.close())));
  afterAll(() => Logger.overrideLogger(['log', 'error', 'warn']));

  it('are there while they say so, and count only when they run turns', async () => {
    const peers = new Peers(database, listener(), LEASES);
    await peers.announce(true);
    expect(await peers.hasOtherRunners()).toBe(false);
    await another(false);
    expect(await peers.hasOtherRunners()).toBe(false);
    const { id } = await another(true);
    expect(await peers.hasOtherRunners()).toBe(true);
    await pool.query(`UPDATE processes SET seen_at = now() - interval '1 minute' WHERE id = $1`, [id]);
    expect(await peers.hasOtherRunners()).toBe(false);
  });

  it('are forgotten an hour after they were last seen', async () => {
    const ids = [await another(true), await another(true)].map(({ id }) => id);
    await pool.query(`UPDATE processes SET seen_at = now() - interval '61 minutes' WHERE id = $1`, [ids[0]]);
    await new Peers(database, listener(), LEASES).forgetStopped();

    const { rows } = await pool.query<{ id: string }>('SELECT id FROM processes WHERE id = ANY($1)', [ids]);
    expect(rows.map(({ id }) => id)).toEqual([ids[1]]);
  });

  it('are gone the moment they are not connected any more, whatever they have said', async () => {
    const peers = new Peers(database, listener(), LEASES);
    const { connection } = await another(true);
    expect(await peers.hasOtherRunners()).toBe(true);
    await connection.close();
    await until(async () => !(await peers.hasOtherRunners()));
  });

  it('are there again when a lost connection is back', async () => {
    const peers = new Peers(database, listener(), LEASES);
    const { connection } = await another(true);
    let isBack = false;
    await connection.listen('anything', (payload) => (isBack ||= payload === ''));
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'threadline-listener' AND datname = current_database()`,
    );
    await until(() => isBack);
    expect(await peers.hasOtherRunners()).toBe(true);
  });
});
