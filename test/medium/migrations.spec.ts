import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { LATEST_SCHEMA_VERSION } from 'bullmq';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { newId } from '../../src/kernel/index.js';
import { migrate, MigrationError } from '../../src/platform/database/index.js';
import { withDatabase } from '../setup/connection-string.js';
import { SERVER_VARIABLE } from '../setup/test-server-variables.js';

const REPLICAS = 10;
const server = process.env[SERVER_VARIABLE] ?? '';

describe('bringing a database up to date', () => {
  let name: string;
  let connectionString: string;
  let client: pg.Client;

  beforeEach(async () => {
    name = `threadline_migrations_${randomBytes(4).toString('hex')}`;
    await on(server, `CREATE DATABASE ${name}`);
    connectionString = withDatabase(server, name);
    client = new pg.Client({ connectionString });
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    await on(server, `DROP DATABASE ${name} WITH (FORCE)`);
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

  it('is done by one of ten processes that start at once over an empty one, and waited for by the others', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: REPLICAS }, () => migrateElsewhere(connectionString)),
    );

    expect(outcomes).toEqual(Array<string>(REPLICAS).fill(''));
    await isUpToDate();
  }, 120_000);

  it('is done by one of ten callers in one process', async () => {
    await Promise.all(Array.from({ length: REPLICAS }, () => migrate(connectionString)));
    await isUpToDate();
  });

  it('changes nothing in one that is up to date, and needs no right to', async () => {
    await migrate(connectionString);
    const before = await answer('SELECT applied_at::text FROM bullmq.migration ORDER BY version');
    await client.query(`REVOKE CREATE ON DATABASE ${name} FROM CURRENT_USER`);

    await migrate(connectionString);

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
      const refusal: unknown = await migrate(address).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(MigrationError);
      expect((refusal as Error).message).toMatch(
        new RegExp(`permission denied .* GRANT CREATE ON DATABASE ${name} TO`),
      );

      await client.query(
        `GRANT CREATE ON DATABASE ${name} TO ${role}; GRANT CREATE ON SCHEMA public TO ${role}`,
      );
      await migrate(address);
      await isUpToDate();
    } finally {
      if (isSuperuser) await client.query(`DROP OWNED BY ${guest} CASCADE; DROP ROLE ${guest}`);
    }
  });

  it('brings up one that the release before left, with its rows', async () => {
    const before = MIGRATIONS.filter((migration) => !new migration().name.startsWith('TurnQueue'));
    const dataSource = new DataSource({
      type: 'postgres',
      url: connectionString,
      migrations: [...before],
      migrationsTableName: 'schema_migrations',
      installExtensions: false,
    });
    await dataSource.initialize();
    await dataSource.runMigrations({ transaction: 'each' });
    await dataSource.destroy();
    const threadIds = await rowsOfTheReleaseBefore(client);

    await migrate(connectionString);

    await isUpToDate();
    expect(await answer('SELECT id FROM threads ORDER BY id')).toEqual(threadIds);
    expect(await answer('SELECT status FROM turns ORDER BY created_at')).toEqual(['completed', 'running']);
    expect(await answer('SELECT is_urgent OR holds_thread OR interrupt_requested FROM turns')).toEqual([
      false,
      false,
    ]);
  });

  it('takes up the queue where an upgrade was cut off before it', async () => {
    await migrate(connectionString);
    await client.query('DROP SCHEMA bullmq CASCADE');
    await migrate(connectionString);
    await isUpToDate();
  });
});

/** What a process that migrates says on its standard error, and how it ended if that was not well. */
async function migrateElsewhere(connectionString: string): Promise<string> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      resolve('test/setup/typescript-hooks.mjs'),
      resolve('test/support/migrate-process.ts'),
      connectionString,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0 ? said : `${said} ended with ${code}`;
}

/** A thread with a turn that ended, and one whose turn was running when its process was stopped. */
async function rowsOfTheReleaseBefore(client: pg.Client): Promise<readonly string[]> {
  const threadIds = [newId(), newId()];
  for (const [index, threadId] of threadIds.entries()) {
    await client.query(
      `INSERT INTO threads (id, org_id, user_id, workflow, workflow_version) VALUES ($1, 'acme', 'ada', 'chat', 1)`,
      [threadId],
    );
    await client.query(
      `INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq, started_at)
       VALUES ($1, $2, $3, '{}', $4, $5, 1, now())`,
      [newId(), threadId, index === 0 ? 'completed' : 'running', newId(), newId()],
    );
    await client.query('INSERT INTO thread_heads (thread_id) VALUES ($1)', [threadId]);
  }
  return threadIds;
}

async function on(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
