import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.js';
import type { DataLocation } from './data-location.js';
import { run } from './run.js';

const DRAFT = '.postgres-draft-';
const ABANDONED_MS = 3_600_000;

/** The superuser, for the supervisor alone; the application has an unprivileged role. */
export const SUPERUSER = 'postgres';

/**
 * Creates the cluster if it does not exist. It is initialised in a temporary directory and then renamed, so that
 * neither a crash nor a second first start leaves a partial one. Throws with a message.
 */
export async function ensureCluster(
  location: DataLocation,
  binaries: Binaries,
  durable: boolean,
  log: (line: string) => void,
): Promise<void> {
  const { directory } = location;
  const version = await dataVersion(directory);
  if (version !== undefined) {
    refuseOtherVersion(directory, version, binaries.major);
    return handOver(location);
  }
  log(`A new database is made in ${directory}.`);
  await removeAbandoned(dirname(directory));
  const draft = join(dirname(directory), `${DRAFT}${randomBytes(6).toString('hex')}`);
  try {
    await initialize(draft, location, binaries, durable);
    await rename(draft, directory);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // A concurrent start was first: its cluster is used.
    if ((await dataVersion(directory)) !== undefined) return;
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw new Error(
        `${directory} holds something that is not a Postgres database. Move it away, or set DATA_DIR to another folder.`,
      );
    }
    throw error;
  }
}

async function initialize(
  draft: string,
  { account }: DataLocation,
  binaries: Binaries,
  durable: boolean,
): Promise<void> {
  await mkdir(draft);
  await chmod(draft, 0o700);
  if (account !== undefined) await chown(draft, account.uid, account.gid);
  // The built-in locale sorts the same way on every system, independent of the C library.
  const args = [
    ...['-D', draft, '-U', SUPERUSER, '--auth=trust', '--encoding=UTF8', '--no-instructions'],
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...(durable ? [] : ['--no-sync']),
  ];
  const { code, stderr } = await run(binaries.initdb, args, {
    account,
    libraries: binaries.libraries,
    timeoutMs: 120_000,
  });
  if (code !== 0) {
    throw new Error(
      `The embedded database could not be made: ${stderr.trim().slice(-1_000)}. ` +
        'Mend that, or set DATABASE_URL to a Postgres of your own.',
    );
  }
}

/** The version of the data format, or `undefined` if there are no data. */
async function dataVersion(directory: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Error(
      `The data in ${directory} belong to another user (${code}). ` +
        'Start Threadline as that user or as root, or set DATA_DIR to another folder.',
      { cause: error },
    );
  }
}

function refuseOtherVersion(directory: string, version: string, major: string): void {
  if (version === major) return;
  throw new Error(
    `The data in ${directory} were written by Postgres ${version}, and this release carries Postgres ${major}. ` +
      'Save them with the release that wrote them (npm run backup -- FILE), move the folder away or set DATA_DIR to another one, ' +
      'and load them with this release (npm run restore -- FILE). docs/operations.md says how.',
  );
}

/** Data that root has copied belong to root, and Postgres does not run as root. */
async function handOver({ directory, account }: DataLocation): Promise<void> {
  const { uid, mode } = await stat(directory);
  if (account !== undefined && uid === 0) {
    await run('chown', ['-R', `${account.uid >>> 0}:${account.gid >>> 0}`, directory], {
      timeoutMs: 120_000,
    });
  }
  if ((mode & 0o077) !== 0) await chmod(directory, 0o700);
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(DRAFT)) continue;
    const path = join(folder, entry);
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
