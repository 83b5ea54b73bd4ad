import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defaultAccount, isRoot, passes, type ServerAccount } from './account.js';

/** Where the cluster's files are (or will be), and which account runs the server. */
export interface DataLocation {
  /** The configured folder, as a real and absolute path. */
  readonly dataDir: string;
  /** The cluster's own folder: `<dataDir>/postgres`, or the target of that link. */
  readonly directory: string;
  readonly logFile: string;
  /** `undefined`: the server runs as this process's own user. */
  readonly account: ServerAccount | undefined;
}

const OUTSIDE = '/var/lib/threadline';

/**
 * Decides where the data are stored. Root assigns them to another account; if that account cannot reach the configured
 * folder, the data are under /var/lib and the folder has a link to them. Throws with a message.
 */
export async function locateData(dataDir: string): Promise<DataLocation> {
  const folder = await openFolder(resolve(dataDir));
  const place = join(folder, 'postgres');
  const common = { dataDir: folder, logFile: join(folder, 'postgres.log') };
  const linked = await linkTarget(place);
  if (linked !== undefined) await mkdir(dirname(linked), { recursive: true, mode: 0o711 });
  const directory = linked === undefined ? place : join(await realpath(dirname(linked)), 'postgres');
  if (!isRoot()) return { ...common, directory, account: undefined };

  // Data that an ordinary user created stay that user's, so that both can use them.
  const account = (await ownerOf(directory)) ?? (await defaultAccount());
  if (await passes(account, [['-x', dirname(directory)]])) return { ...common, directory, account };
  if ((await ownerOf(directory)) !== undefined || linked !== undefined) {
    throw new Error(
      `The user ${account.name}, who owns the data in ${directory}, cannot reach that folder. ` +
        'Let that user enter every folder on the way (chmod o+x), or set DATA_DIR to another folder.',
    );
  }
  return { ...common, directory: await linkOutside(place), account };
}

async function openFolder(path: string): Promise<string> {
  try {
    const made = await mkdir(path, { recursive: true });
    // Independent of the umask: root's folder can be traversed by the server's account, a user's own is private.
    if (made !== undefined) await chmod(path, isRoot() ? 0o711 : 0o700);
    return await realpath(path);
  } catch (error) {
    throw new Error(
      `The folder for the data, ${path}, cannot be made or opened (${(error as NodeJS.ErrnoException).code}). ` +
        'Set DATA_DIR to a folder that the user running Threadline may write to.',
      { cause: error },
    );
  }
}

async function linkTarget(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() ? resolve(dirname(path), await readlink(path)) : undefined;
}

async function ownerOf(directory: string): Promise<ServerAccount | undefined> {
  const found = await lstat(directory).catch(() => undefined);
  if (!found?.isDirectory() || found.uid === 0) return undefined;
  return { name: `number ${found.uid}`, uid: found.uid | 0, gid: found.gid | 0 };
}

/** A new folder with a unique name, so that another project at this path never uses these data. */
async function linkOutside(place: string): Promise<string> {
  const home = join(OUTSIDE, randomBytes(8).toString('hex'));
  try {
    if (await mkdir(OUTSIDE, { recursive: true })) await chmod(OUTSIDE, 0o755);
    await mkdir(home);
    await chmod(home, 0o711);
    await symlink(join(home, 'postgres'), place);
    return join(home, 'postgres');
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    // A concurrent start created the link first: its folder is used.
    const linked = await linkTarget(place);
    if (linked !== undefined) return linked;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const obstacle =
      code === 'EEXIST' ? `${place} is in the way of a link` : `${OUTSIDE} cannot be written to (${code})`;
    throw new Error(
      `The server's user cannot reach ${dirname(place)}, and ${obstacle}. ` +
        'Set DATA_DIR to a folder that every user may enter, or DATABASE_URL to a Postgres of your own.',
      { cause: error },
    );
  }
}
