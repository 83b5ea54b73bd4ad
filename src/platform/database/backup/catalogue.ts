import type pg from 'pg';
import type { BackupTable, SequenceValue } from './format.js';

/**
 * Tables that are not backed up: registered processes are transient, and the schema's own data are in the backup's
 * header, and written by the migrations. Unlogged tables may be lost in any crash, so they need no backup.
 */
const LEFT_OUT = ['schema_migrations', 'schema_compatibility', 'processes'];

interface Row {
  readonly name: string;
  readonly columns: readonly string[];
}

/** The tables of a backup, with their stored columns. The queue's own tables are created anew. */
export async function tablesOf(client: pg.ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<Row>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relpersistence = 'p'
       AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND c.relname <> ALL($1)
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
     GROUP BY c.relname ORDER BY c.relname`,
    [LEFT_OUT],
  );
  return rows.map(({ name, columns }) => ({ table: name, columns }));
}

/** The database's migrations, oldest first; none if it is not one of ours. */
export async function migrationsOf(client: pg.ClientBase): Promise<string[]> {
  const { rows: found } = await client.query(
    `SELECT FROM pg_class WHERE oid = to_regclass('public.schema_migrations')`,
  );
  if (found.length === 0) return [];
  const { rows } = await client.query<{ name: string }>(
    'SELECT name FROM public.schema_migrations ORDER BY timestamp, id',
  );
  return rows.map(({ name }) => name);
}

/** The sequences of the backed-up tables' columns. */
export async function sequencesOf(client: pg.ClientBase): Promise<SequenceValue[]> {
  const { rows } = await client.query<SequenceValue>(
    `SELECT t.relname AS table, a.attname AS column, s.last_value::text AS value
     FROM pg_class c
       JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
       JOIN pg_class t ON t.oid = d.refobjid AND t.relkind = 'r'
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
       JOIN pg_sequences s ON s.schemaname = 'public' AND s.sequencename = c.relname
     WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace AND t.relname <> ALL($1)
     ORDER BY 1, 2`,
    [LEFT_OUT],
  );
  return rows;
}

export interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

export async function foreignKeysOf(client: pg.ClientBase): Promise<ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
     FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0`,
  );
  return rows;
}

/**
 * Removes everything that migrations have created, the queue's own tables included; extensions and their objects stay.
 */
export async function removeSchema(client: pg.ClientBase, queueSchema: string): Promise<void> {
  await client.query(`DO $remove$
    DECLARE statement text;
    BEGIN
      FOR statement IN
        SELECT format('DROP %s IF EXISTS %s CASCADE',
          CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
          oid::regclass)
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
          AND NOT EXISTS (SELECT FROM pg_depend
            WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('e', 'a', 'i'))
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
          SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
      LOOP
        EXECUTE statement;
      END LOOP;
    END
    $remove$`);
  await client.query(`DROP SCHEMA IF EXISTS ${queueSchema} CASCADE`);
}

/** A quoted SQL identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
