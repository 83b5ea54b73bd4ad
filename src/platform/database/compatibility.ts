import type { ClientBase } from 'pg';
import { migrationNames, newestMigration, type Schema } from './schema.js';

/** The table in which TypeORM records the migrations that were run. */
export const MIGRATIONS_TABLE = 'schema_migrations';

interface Verdict {
  readonly schema: string;
  readonly compatible_from: string;
}

/**
 * Why this release must not run on the database, as a message: a newer release has migrated it and has not declared
 * older ones compatible. `undefined` if it may.
 */
export async function reasonNotToRun(client: ClientBase, schema: Schema): Promise<string | undefined> {
  if (!(await exists(client, MIGRATIONS_TABLE))) return undefined;
  const { rows: unknown } = await client.query<{ name: string; timestamp: string }>(
    `SELECT name, timestamp FROM ${MIGRATIONS_TABLE} WHERE NOT name = ANY($1::text[]) ORDER BY timestamp`,
    [migrationNames(schema)],
  );
  if (unknown.length === 0) return undefined;
  const verdict = await verdictOf(client);
  const newest = Number(unknown.at(-1)!.timestamp);
  const own = newestMigration(schema);
  const isSpokenFor = verdict !== undefined && Number(verdict.schema) >= newest;
  if (isSpokenFor && Number(verdict.compatible_from) <= own) return undefined;
  return (
    `The database was brought up to date by a newer release of Threadline: it has ${unknown.length} migration(s) ` +
    `that this one does not know (the newest is ${unknown.at(-1)!.name}), ` +
    (isSpokenFor
      ? `and can be used from the release with migration ${verdict.compatible_from} on; this one has ${own}. `
      : 'and nothing says that older releases may use it. ') +
    'Start the newer release, or restore the backup that was made before the upgrade.'
  );
}

/** Records which older releases may still run on the database. A newer release's record is kept. */
export async function recordCompatibility(client: ClientBase, schema: Schema): Promise<void> {
  // Missing while a backup of an older release is restored into its schema.
  if (!(await exists(client, 'schema_compatibility'))) return;
  const own = newestMigration(schema);
  const verdict = await verdictOf(client);
  if (verdict !== undefined && Number(verdict.schema) >= own) return;
  await client.query(
    `INSERT INTO schema_compatibility (schema, compatible_from) VALUES ($1, $2)
     ON CONFLICT (is_only) DO UPDATE SET schema = excluded.schema,
       compatible_from = GREATEST(schema_compatibility.compatible_from, excluded.compatible_from)`,
    [own, schema.compatibleFrom],
  );
}

async function verdictOf(client: ClientBase): Promise<Verdict | undefined> {
  if (!(await exists(client, 'schema_compatibility'))) return undefined;
  const { rows } = await client.query<Verdict>('SELECT schema, compatible_from FROM schema_compatibility');
  return rows[0];
}

async function exists(client: ClientBase, table: string): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [
    table,
  ]);
  return rows[0]?.exists ?? false;
}
