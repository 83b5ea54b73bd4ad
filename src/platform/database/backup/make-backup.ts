import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { migrationsOf, quoted, sequencesOf, tablesOf } from './catalogue.js';
import { BackupError, encodePart, FORMAT, MAGIC, type BackupPart } from './format.js';
import { placeFor } from './place.js';
import { openSession } from './session.js';

/** The size of a backup that was made. */
export interface MadeBackup {
  readonly tables: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

/**
 * Writes a consistent snapshot of the database to the file, while it stays in use. The file appears when it is
 * complete, readable for its owner alone; a symbolic link is followed. Throws a {@link BackupError} if there is nothing
 * to back up, or if the target is not a regular file.
 */
export async function makeBackup(
  connectionString: string,
  file: string,
  release: string,
  signal: AbortSignal,
): Promise<MadeBackup> {
  const place = await placeFor(file);
  const client = await openSession(connectionString);
  const draft = `${place}.part-${randomBytes(4).toString('hex')}`;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const parts = backupParts(client, release);
    const tables = await writeDraft(draft, parts, signal);
    await client.query('COMMIT');
    await rename(draft, await placeFor(place)).catch(cannotBeWritten);
    return tables;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function writeDraft(
  draft: string,
  parts: AsyncGenerator<BackupPart, void, undefined>,
  signal: AbortSignal,
): Promise<MadeBackup> {
  // Flushed to disk before it replaces an earlier backup.
  const output = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true });
  let tables = 0;
  const bytes = async function* () {
    yield MAGIC;
    for await (const part of parts) {
      if (part.kind === 'end') tables = part.tables;
      yield encodePart(part);
    }
  };
  try {
    await pipeline(Readable.from(bytes(), { objectMode: false }), createGzip(), output, { signal });
  } catch (error) {
    cannotBeWritten(error);
  }
  return { tables, bytes: output.bytesWritten };
}

const WRITING = ['open', 'write', 'fsync', 'rename'];

function cannotBeWritten(error: unknown): never {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (!WRITING.includes(syscall ?? '')) throw error;
  throw new BackupError(`The file for the backup cannot be written (${code}).`, { cause: error });
}

async function* backupParts(client: pg.Client, release: string): AsyncGenerator<BackupPart, void, undefined> {
  const migrations = await migrationsOf(client);
  if (migrations.length === 0)
    throw new BackupError('The database holds nothing of Threadline, so there is nothing to back up.');
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  yield {
    kind: 'header',
    header: {
      ...{ format: FORMAT, release, migrations },
      postgres: rows[0]?.server_version ?? '',
      createdAt: new Date().toISOString(),
    },
  };
  const tables = await tablesOf(client);
  for (const table of tables) {
    yield { kind: 'table', table };
    const hash = createHash('sha256');
    let bytes = 0;
    const columns = table.columns.map(quoted).join(', ');
    const rows = client.query(copyTo(`COPY public.${quoted(table.table)} (${columns}) TO STDOUT`));
    for await (const chunk of rows as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield { kind: 'rows', rows: chunk };
    }
    yield { kind: 'sum', sum: { table: table.table, bytes, sha256: hash.digest('hex') } };
  }
  // Read last, so that values assigned since the rows were read are not assigned again.
  yield { kind: 'sequences', sequences: await sequencesOf(client) };
  yield { kind: 'end', tables: tables.length };
}
