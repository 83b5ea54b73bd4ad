import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { Database, PoolGroup, poolOptions, sql } from '../../src/platform/database/index.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { startTcpProxy, throughProxy, type TcpProxy } from '../support/tcp-proxy.js';

const INSERT = sql('test.database.insert', 'INSERT INTO notes VALUES ($1) RETURNING note');
const FLAKY = sql('test.database.flaky', 'SELECT flaky() AS attempt');
const REFUSE = sql('test.database.refuse', `SELECT 1 / $1::int AS one`);
const NAP = sql('test.database.nap', 'SELECT pg_sleep(0.02)');
const PID = sql('test.database.pid', 'SELECT pg_backend_pid() AS pid');

describe('the database', () => {
  let fresh: FreshDatabase;
  let proxy: TcpProxy;
  let pool: pg.Pool;
  let database: Database;
  beforeAll(async () => {
    fresh = await freshDatabase();
    proxy = await startTcpProxy(fresh.connectionString);
    const client = new pg.Client({ connectionString: fresh.connectionString });
    await client.connect();
    await client.query(`
      CREATE TABLE notes (note text);
      CREATE SEQUENCE attempts;
      CREATE FUNCTION flaky() RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE attempt bigint := nextval('attempts');
        BEGIN
          IF attempt < 4 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END IF;
          RETURN attempt;
        END $$`);
    await client.end();
  });
  beforeEach(() => {
    pool = new pg.Pool({ ...poolOptions(throughProxy(fresh.connectionString, proxy)), max: 3 });
    database = new Database(pool);
  });
  afterEach(() => pool.end());
  afterAll(async () => {
    await proxy.close();
    await fresh.drop();
  });

  /** Every connection of the pool, taken at once. */
  async function onEach(statement: string): Promise<void> {
    const clients = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
    for (const client of clients) await client.query(statement);
    for (const client of clients) client.release();
  }

  it('does a transaction again that another one was in the way of', async () => {
    expect(await database.query(FLAKY)).toEqual([{ attempt: '4' }]);
  });

  it('gives up the connections that lead to a server which only reads, and goes on over new ones', async () => {
    await onEach('SET default_transaction_read_only = on');

    expect(await database.query(INSERT, ['single'])).toEqual([{ note: 'single' }]);
    await onEach('SET default_transaction_read_only = on');
    await database.transaction((queryable) => queryable.query(INSERT, ['in a transaction']));
  });

  it('keeps a connection whose statement was refused', async () => {
    const [before] = await database.query(PID);
    await expect(database.query(REFUSE, [0])).rejects.toMatchObject({ code: '22012' });
    await expect(database.transaction((queryable) => queryable.query(REFUSE, [0]))).rejects.toMatchObject({
      code: '22012',
    });

    expect(await database.query(PID)).toEqual([before]);
  });

  it('ends a transaction whose link fell silent, and leaves nothing of it behind', async () => {
    const work = database.transaction(async (queryable) => {
      await queryable.query(INSERT, ['never']);
      proxy.silence();
      await queryable.query(INSERT, ['never either']);
    });
    await expect(work).rejects.toThrow('Query read timeout');
    proxy.speak();

    expect(await database.query(INSERT, ['afterwards'])).toEqual([{ note: 'afterwards' }]);
  }, 120_000);

  it('does not end the process when a connection breaks between two statements of a transaction', async () => {
    const work = database.transaction(async (queryable) => {
      await queryable.query(INSERT, ['never']);
      proxy.cut();
      await new Promise((resolve) => setTimeout(resolve, 200));
      await queryable.query(INSERT, ['never either']);
    });

    await expect(work).rejects.toThrow();
    expect(await database.query(INSERT, ['afterwards'])).toEqual([{ note: 'afterwards' }]);
  }, 120_000);
});

describe('pools that share fewer connections than they would take', () => {
  let fresh: FreshDatabase;
  let owner: pg.Client;
  /** Made where whoever runs the tests may make it. */
  let role: string | undefined;
  let address: string;
  beforeAll(async () => {
    fresh = await freshDatabase();
    owner = new pg.Client({ connectionString: fresh.connectionString });
    await owner.connect();
    // No limit is one for a superuser.
    const { rows } = await owner.query<{ is: boolean }>(
      'SELECT rolsuper AS is FROM pg_roles WHERE rolname = current_user',
    );
    address = fresh.connectionString;
    if (rows[0]?.is === true) {
      role = `threadline_few_${randomBytes(4).toString('hex')}`;
      await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x' CONNECTION LIMIT 2`);
      address = address.replace(/\/\/([^@/]*@)?/, `//${role}:x@`);
    } else await owner.query(`ALTER DATABASE "${owner.database}" CONNECTION LIMIT 3`);
  });
  afterAll(async () => {
    if (role !== undefined) await owner.query(`DROP ROLE ${role}`);
    await owner.end();
    await fresh.drop();
  });

  it('give one up for the pool that has none, however busy they are', async () => {
    const link = new PoolGroup();
    const pools = [new pg.Pool({ ...poolOptions(address), max: 4 }), new pg.Pool(poolOptions(address))];
    const [busy, other] = pools.map((pool) => new Database(pool, link)) as [Database, Database];
    let isOver = false;
    const work = async () => {
      while (!isOver) await busy.query(NAP);
    };
    // Whatever comes back is wanted again at once: nothing is ever idle.
    const workers = Promise.allSettled(Array.from({ length: 8 }, work));
    try {
      while (busy.connections.total < 2) await busy.query(PID);

      expect(await other.query(PID)).toHaveLength(1);
      expect(await busy.query(PID)).toHaveLength(1);
    } finally {
      isOver = true;
      const ended = await workers;
      await Promise.all(pools.map((pool) => pool.end()));
      expect(ended.map(({ status }) => status)).toEqual(Array(8).fill('fulfilled'));
    }
  }, 120_000);
});
