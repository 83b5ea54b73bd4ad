import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { migrate, QUEUE_SCHEMA } from '../migrate.js';
import { migrationNames, type Schema } from '../schema.js';
import { isLockHeld } from '../lock-statements.js';
import { foreignKeysOf, migrationsOf, quoted, removeSchema, tablesOf } from './catalogue.js';
import { BackupError, BROKEN, type BackupHeader, type BackupPart, type BackupTable } from './format.js';
import { checkBackup, readBackup } from './read-backup.js';
import { openSession } from './session.js';

/**
 * Restores a backup: creates its schema, loads the rows, and then migrates to the current schema. Throws a {@link
 * BackupError}, before anything is changed, if the file is incomplete or of a newer release, the database is in use, or
 * it is not empty and may not be replaced.
 */
export async function restoreBackup(
  connectionString: string,
  file: string,
  schema: Schema,
  isForced: boolean,
  signal: AbortSignal,
): Promise<BackupHeader> {
  const header = await checkBackup(file, signal);
  const known = migrationNames(schema);
  const unknown = header.migrations.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new BackupError(
      `The backup was made by release ${header.release}, whose schema this release does not know (${unknown[0]}). Restore it with that release or a later one.`,
    );
  const client = await openSession(connectionString);
  try {
    await checkTarget(client, isForced);
    await removeSchema(client, QUEUE_SCHEMA);
    await migrate(connectionString, schema, header.migrations);
    await load(client, file, signal);
    await migrate(connectionString, schema);
    await client.query('ANALYZE');
    return header;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkTarget(client: pg.Client, isForced: boolean): Promise<void> {
  if ((await migrationsOf(client)).length === 0) return;
  if (await isInUse(client))
    throw new BackupError('A server uses the database. Stop every process of it, and restore then.');
  if (isForced) return;
  for (const { table } of await tablesOf(client)) {
    const { rows } = await client.query(`SELECT FROM public.${quoted(table)} LIMIT 1`);
    if (rows.length > 0)
      throw new BackupError(
        'The database is not empty. Restore into an empty one, or add --force: what it holds is replaced then.',
      );
  }
}

async function isInUse(client: pg.Client): Promise<boolean> {
  const { rows: found } = await client.query(
    `SELECT FROM pg_class WHERE oid = to_regclass('public.processes')`,
  );
  if (found.length === 0) return false;
  const { rows } = await client.query(`SELECT FROM public.processes WHERE ${isLockHeld('id::text')} LIMIT 1`);
  return rows.length > 0;
}

/** Loads everything or nothing. Foreign keys are added after all rows. */
async function load(client: pg.Client, file: string, signal: AbortSignal): Promise<void> {
  await client.query('BEGIN');
  try {
    const keys = await foreignKeysOf(client);
    const tables = await tablesOf(client);
    for (const { table, name } of keys) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    for (const { table } of tables)
      await client.query(`ALTER TABLE public.${quoted(table)} DISABLE TRIGGER USER`);
    if (tables.length > 0)
      await client.query(`TRUNCATE ${tables.map(({ table }) => `public.${quoted(table)}`).join(', ')}`);
    await fill(client, readBackup(file), signal);
    for (const { table } of tables)
      await client.query(`ALTER TABLE public.${quoted(table)} ENABLE TRIGGER USER`);
    for (const { table, name, definition } of keys)
      await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

type Parts = AsyncGenerator<BackupPart, void, undefined>;

async function fill(client: pg.Client, parts: Parts, signal: AbortSignal): Promise<void> {
  for (;;) {
    const next = await parts.next();
    if (next.done) return;
    const part = next.value;
    if (part.kind === 'table') await fillTable(client, part.table, parts, signal);
    if (part.kind !== 'sequences') continue;
    for (const { table, column, value } of part.sequences) {
      if (value === null) continue;
      await client.query('SELECT setval(pg_get_serial_sequence($1, $2), $3)', [
        `public.${quoted(table)}`,
        column,
        value,
      ]);
    }
  }
}

async function fillTable(
  client: pg.Client,
  { table, columns }: BackupTable,
  parts: Parts,
  signal: AbortSignal,
): Promise<void> {
  const names = columns.map(quoted).join(', ');
  const rows = async function* () {
    for (;;) {
      const next = await parts.next();
      if (next.done) throw new BackupError(BROKEN);
      if (next.value.kind === 'sum') return;
      if (next.value.kind === 'rows') yield next.value.rows;
    }
  };
  const target = client.query(copyFrom(`COPY public.${quoted(table)} (${names}) FROM STDIN`));
  await pipeline(Readable.from(rows(), { objectMode: false }), target, { signal });
}
