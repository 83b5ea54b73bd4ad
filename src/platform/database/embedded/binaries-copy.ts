import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isRoot } from './account.js';

/**
 * Copies the programs to a place where any account can run them and only this process's user can change them. Returns
 * the copy, which later starts reuse. Of two concurrent copies the first one is kept.
 */
export async function copyBinaries(
  native: string,
  version: string,
  link: (native: string) => Promise<boolean>,
): Promise<string> {
  const base = await trustedFolder();
  const final = join(base, `postgres-${version}-${process.platform}-${process.arch}`);
  const target = join(final, 'native');
  if (await exists(target)) return target;
  const draft = join(base, `.draft-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(draft, { recursive: true });
    await cp(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true, filter: isNeeded });
    await link(join(draft, 'native'));
    await openUp(draft);
    await rename(draft, final);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  }
  return target;
}

/** Files for building against the libraries are skipped: they are a quarter of the size. */
function isNeeded(path: string): boolean {
  return !path.endsWith('.a') && basename(path) !== 'pkgconfig';
}

/** A directory for programs that another account will run: only this user may have write access. */
async function trustedFolder(): Promise<string> {
  const own = process.getuid?.() ?? 0;
  const candidates = isRoot() ? ['/var/lib/threadline'] : [];
  for (const folder of [...candidates, join(tmpdir(), `threadline-${own}`), `/tmp/threadline-${own}`]) {
    try {
      if (await mkdir(folder, { recursive: true })) await chmod(folder, 0o755);
      const found = await lstat(folder);
      if (found.isDirectory() && found.uid === own && (found.mode & 0o022) === 0) return folder;
    } catch {
      continue;
    }
  }
  throw new Error(
    'There is no folder to copy the embedded Postgres to: neither /var/lib nor the folder for temporary files is writable. ' +
      'Set DATABASE_URL to a Postgres of your own.',
  );
}

/** Makes a path readable by all, whatever the umask, and writable by its owner alone. */
async function openUp(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return;
  if (!found.isDirectory()) return chmod(path, (found.mode & 0o100) === 0 ? 0o644 : 0o755);
  await chmod(path, 0o755);
  for (const entry of await readdir(path)) await openUp(join(path, entry));
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
