import { randomBytes } from 'node:crypto';
import { LATEST_SCHEMA_VERSION } from 'bullmq';
import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { OrderOfMessages1790000000031 } from '../../migrations/1790000000031-order-of-messages.js';
import { MIGRATIONS, SCHEMA } from '../../migrations/index.js';
import { migrate, MigrationError } from '../../src/platform/database/index.js';
import { withDatabase } from '../setup/connection-string.js';
import { SERVER_VARIABLE } from '../setup/test-server-variables.js';
import { change } from '../support/changed-database.js';
import { formerRows, formerTurn, NOT_IN_LINE } from '../support/former-rows.js';
import {
  migrateElsewhere,
  onDataSource,
  rowsOfTheReleaseBefore,
  UniqueWords1790000000990,
} from '../support/migrations.js';
import { sized } from '../support/size.js';
import { until } from '../support/until.js';

const REPLICAS = sized(3, 10);
const server = process.env[SERVER_VARIABLE] ?? '';

describe('bringing a database up to date', () => {
  let name: string;
  let connectionString: string;
  let client: pg.Client;

  beforeEach(async () => {
    name = `threadline_migrations_${randomBytes(4).toString('hex')}`;
    await change(server, `CREATE DATABASE ${name}`);
    connectionString = withDatabase(server, name);
    client = new pg.Client({ connectionString });
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    // The server may be vacuuming it, which only a superuser may cut off: without force it ends that by itself.
    await change(server, `DROP DATABASE ${name} WITH (FORCE)`).catch(() =>
      change(server, `DROP DATABASE ${name}`),
    );
  });

  async function answer(text: string, values: readonly unknown[] = []): Promise<unknown[]> {
    const { rows } = await client.query<Record<string, unknown>>(text, [...values]);
    return rows.map((row) => Object.values(row)[0]);
  }

  async function isUpToDate(): Promise<void> {
    expect(await answer('SELECT name FROM schema_migrations ORDER BY timestamp')).toEqual(
      MIGRATIONS.map((migration) => new migration().name),
    );
    expect(await answer('SELECT version FROM bullmq.migration ORDER BY version')).toEqual(
      Array.from({ length: LATEST_SCHEMA_VERSION }, (_, index) => index + 1),
    );
  }

  it('is done by one of several processes that start at once over an empty one, and waited for by the others', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: REPLICAS }, () => migrateElsewhere(connectionString)),
    );

    expect(outcomes).toEqual(Array<string>(REPLICAS).fill(''));
    await isUpToDate();
  }, 120_000);

  it('is done by one of several callers in one process', async () => {
    await Promise.all(Array.from({ length: REPLICAS }, () => migrate(connectionString, SCHEMA)));
    await isUpToDate();
  });

  it('changes nothing in one that is up to date, and needs no right to', async () => {
    await migrate(connectionString, SCHEMA);
    const before = await answer('SELECT applied_at::text FROM bullmq.migration ORDER BY version');
    await client.query(`REVOKE CREATE ON DATABASE ${name} FROM CURRENT_USER`);

    await migrate(connectionString, SCHEMA);

    expect(await answer('SELECT applied_at::text FROM bullmq.migration ORDER BY version')).toEqual(before);
  });

  it('says in words which right its role lacks, and goes on when it has it', async () => {
    const [isSuperuser] = await answer('SELECT rolsuper FROM pg_roles WHERE rolname = current_user');
    const guest = `${name}_guest`;
    // A superuser lacks no right, and who is none can make no other role.
    if (isSuperuser) await client.query(`CREATE ROLE ${guest}`);
    else await client.query(`REVOKE CREATE ON DATABASE ${name} FROM CURRENT_USER`);
    const role = isSuperuser ? guest : 'CURRENT_USER';
    const options = `options=${encodeURIComponent(`-c role=${guest}`)}`;
    const address = isSuperuser
      ? `${connectionString}${connectionString.includes('?') ? '&' : '?'}${options}`
      : connectionString;
    try {
      const refusal: unknown = await migrate(address, SCHEMA).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(MigrationError);
      expect((refusal as Error).message).toMatch(
        new RegExp(`permission denied .* GRANT CREATE ON DATABASE ${name} TO`),
      );

      await client.query(
        `GRANT CREATE ON DATABASE ${name} TO ${role}; GRANT CREATE ON SCHEMA public TO ${role}`,
      );
      await migrate(address, SCHEMA);
      await isUpToDate();
    } finally {
      if (isSuperuser) await client.query(`DROP OWNED BY ${guest} CASCADE; DROP ROLE ${guest}`);
    }
  });

  async function migrateWith(migrations: readonly (new () => MigrationInterface)[]): Promise<void> {
    const dataSource = new DataSource({
      type: 'postgres',
      url: connectionString,
      migrations: [...migrations],
      migrationsTableName: 'schema_migrations',
      installExtensions: false,
    });
    await dataSource.initialize();
    try {
      await dataSource.runMigrations({ transaction: 'each' });
    } finally {
      await dataSource.destroy();
    }
  }

  const BEFORE = MIGRATIONS.slice(
    0,
    MIGRATIONS.findIndex((migration) => new migration().name.startsWith('TurnQueue')),
  );

  it('is refused for one that a newer release has changed, unless that one says it may be used', async () => {
    await migrate(connectionString, SCHEMA);
    const future = 1_999_999_999_999;
    await client.query(
      `INSERT INTO schema_migrations (timestamp, name) VALUES (${future}, 'FromTheFuture${future}')`,
    );

    await expect(migrate(connectionString, SCHEMA)).rejects.toThrow(
      /newer release .* 1 migration\(s\) that this one does not know \(the newest is FromTheFuture1999999999999\), and nothing says that older releases may use it\./,
    );
    await expect(migrate(connectionString, SCHEMA)).rejects.toBeInstanceOf(MigrationError);
    await client.query(`UPDATE schema_compatibility SET schema = ${future}`);
    await migrate(connectionString, SCHEMA);
    await client.query(`UPDATE schema_compatibility SET compatible_from = ${future}`);
    await expect(migrate(connectionString, SCHEMA)).rejects.toThrow(
      /can be used from the release with migration 1999999999999 on/,
    );
  });

  it('makes nobody wait behind it who only wants to read and write', async () => {
    await migrateWith(BEFORE);
    const reader = new pg.Client({ connectionString });
    const writer = new pg.Client({ connectionString, statement_timeout: 8_000 });
    await Promise.all([reader.connect(), writer.connect()]);
    try {
      await reader.query('BEGIN');
      await reader.query('SELECT * FROM turns');
      const migrated = migrate(connectionString, SCHEMA);
      await until(async () => {
        const waiting = await answer(
          `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'turns'::regclass`,
        );
        return waiting.length > 0;
      });
      await writer.query('SELECT * FROM turns');
      await rowsOfTheReleaseBefore(writer);
      await reader.query('COMMIT');
      await migrated;
    } finally {
      await Promise.all([reader.end(), writer.end()]);
    }

    await isUpToDate();
    expect(await answer('SELECT count(*)::int FROM turns')).toEqual([2]);
  }, 120_000);

  it('does not keep an index from being built while it waits for another process', async () => {
    await migrate(connectionString, SCHEMA);
    const builder = new pg.Client({ connectionString, statement_timeout: 15_000 });
    await builder.connect();
    await client.query('SELECT pg_advisory_lock(7468726561)');
    const waiting = migrate(connectionString, SCHEMA);
    await until(
      async () =>
        (
          await answer(
            `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%advisory_lock($1)%' AND pid <> pg_backend_pid()`,
          )
        ).length > 0,
    );
    await builder.query('CREATE INDEX CONCURRENTLY built_meanwhile ON threads (title)');
    await builder.end();
    await client.query('SELECT pg_advisory_unlock(7468726561)');
    await waiting;

    expect(
      await answer(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'built_meanwhile'::regclass`),
    ).toEqual([true]);
  }, 120_000);

  it('builds an index anew that an earlier attempt has left half built, and leaves a whole one alone', async () => {
    await client.query('CREATE TABLE words (word text)');
    await client.query(`INSERT INTO words VALUES ('twice'), ('twice')`);
    await expect(migrateWith([UniqueWords1790000000990])).rejects.toThrow(/could not create unique index/);
    const state = `SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('words_once')`;
    expect(await answer(state)).toEqual([false]);

    await client.query('DELETE FROM words');
    await migrateWith([UniqueWords1790000000990]);
    expect(await answer(state)).toEqual([true]);
    const [before] = await answer(`SELECT 'words_once'::regclass::oid`);
    await client.query('DELETE FROM schema_migrations');
    await migrateWith([UniqueWords1790000000990]);
    expect(await answer(`SELECT 'words_once'::regclass::oid`)).toEqual([before]);
  });

  it('brings up one that the release before left, with its rows', async () => {
    await migrateWith(BEFORE);
    const threadIds = await rowsOfTheReleaseBefore(client);

    await migrate(connectionString, SCHEMA);

    await isUpToDate();
    expect(await answer('SELECT id FROM threads ORDER BY id')).toEqual(threadIds);
    expect(await answer('SELECT status FROM turns ORDER BY created_at')).toEqual(['completed', 'running']);
    expect(await answer('SELECT is_urgent OR holds_thread OR interrupt_requested FROM turns')).toEqual([
      false,
      false,
    ]);
  });

  it('gives the turns that the former release left, and those it accepts meanwhile, their places in the tree', async () => {
    const names = MIGRATIONS.map(({ name }) => name);
    const until31 = (own: string) => Number(own.slice(-13)) <= 1_790_000_000_031;
    const isOfFormer = (own: string) => Number(own.slice(-13)) <= 1_790_000_000_022;
    await migrate(connectionString, SCHEMA, names.filter(isOfFormer));
    await formerRows(client, 3, 4);
    const threadIds = (await answer('SELECT id FROM threads')) as string[];
    await migrate(connectionString, SCHEMA, names.filter(until31));
    for (const threadId of threadIds.slice(0, 2)) await formerTurn(client, threadId);
    expect((await client.query(NOT_IN_LINE)).rows).toEqual([{ turns: 0, threads: 0 }]);

    // Linked once more from nothing, while a turn is accepted that the linking does not see when it begins.
    await client.query('UPDATE turns SET parent_turn_id = NULL');
    await client.query('UPDATE threads SET head_turn_id = NULL, head_parent_turn_id = NULL');
    await client.query('BEGIN');
    const last = await formerTurn(client, threadIds[0]!);
    const linking = onDataSource(connectionString, (runner) => new OrderOfMessages1790000000031().up(runner));
    await until(
      async () =>
        (await answer(`SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'`)).length > 0,
    );
    await client.query('COMMIT');
    await linking;

    expect((await client.query(NOT_IN_LINE)).rows).toEqual([{ turns: 0, threads: 0 }]);
    expect(await answer('SELECT head_turn_id FROM threads WHERE id = $1', [threadIds[0]])).toEqual([last]);
  });

  it('takes up the queue where an upgrade was cut off before it', async () => {
    await migrate(connectionString, SCHEMA);
    await client.query('DROP SCHEMA bullmq CASCADE');
    await migrate(connectionString, SCHEMA);
    await isUpToDate();
  });
});
