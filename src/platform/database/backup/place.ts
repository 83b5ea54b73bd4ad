import { readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BackupError } from './format.js';

/**
 * Where a backup for the file is to be written: the file itself, or where symbolic links lead. Throws in words unless it
 * is a regular file, or nothing yet: whoever uses a device or a pipe would find a file in its place.
 */
export async function placeFor(file: string): Promise<string> {
  try {
    if (await isRegularFile(file)) return await realpath(file);
    return await endOfLinks(file);
  } catch (error) {
    throw inWords(error, 'The file for the backup cannot be written');
  }
}

/** Throws in words unless there is a regular file, which can be read as often as it is needed. */
export async function checkSource(file: string): Promise<void> {
  try {
    if (!(await isRegularFile(file))) throw new BackupError('The backup cannot be read (ENOENT).');
  } catch (error) {
    throw inWords(error, 'The backup cannot be read');
  }
}

/** Whether there is one; what is there and is something else throws. */
async function isRegularFile(file: string): Promise<boolean> {
  const there = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (there === undefined || there.isFile()) return there !== undefined;
  throw new BackupError(
    there.isDirectory()
      ? `${file} is a directory. Name a file.`
      : `${file} is a device, a pipe or a socket. Name a regular file.`,
  );
}

/** What the links lead to need not be there yet. That they do not go round has been seen by then. */
async function endOfLinks(file: string): Promise<string> {
  const next = await readlink(file).catch(() => undefined);
  return next === undefined ? file : endOfLinks(resolve(dirname(file), next));
}

function inWords(error: unknown, what: string): unknown {
  if (error instanceof BackupError) return error;
  return new BackupError(`${what} (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
}
