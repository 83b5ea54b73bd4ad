import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded/index.js';
import { HOME_VARIABLE } from '../setup/test-server-variables.js';

/**
 * Puts the data of an embedded Postgres into the folder, which it would otherwise make at its first start: a copy of those
 * that the first who asks in this run has made. Making them takes many times as long.
 */
export async function putPreparedData(dataDir: string): Promise<void> {
  const home = process.env[HOME_VARIABLE];
  if (home === undefined) throw new Error('The set-up of the tests is not up.');
  const prepared = join(home, 'prepared');
  if (!(await isThere(prepared))) await prepare(home, prepared);
  // Data of a server's user who cannot reach the folder are elsewhere, and are made there each time.
  if (!(await isThere(prepared))) return (await startEmbeddedPostgres({ dataDir, durable: false })).stop();
  if (await mkdir(dataDir, { recursive: true })) await chmod(dataDir, 0o711);
  // As they are: they may be another user's.
  await promisify(execFile)('cp', ['-a', prepared, join(dataDir, 'postgres')]);
}

async function prepare(home: string, prepared: string): Promise<void> {
  const draft = join(home, `draft-${randomBytes(4).toString('hex')}`);
  const database = await startEmbeddedPostgres({ dataDir: draft, durable: false });
  await database.stop();
  if ((await lstat(join(draft, 'postgres'))).isSymbolicLink())
    await rm(join(database.location, '..'), { recursive: true, force: true });
  else
    await rename(join(draft, 'postgres'), prepared).catch((error: unknown) => {
      // Another worker was first.
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    });
  await rm(draft, { recursive: true, force: true });
}

const isThere = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );
