import { readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BackupError } from './format.js';

/**
 * Where a backup is written: the file itself, or the target of its symbolic links. Throws a {@link BackupError} unless
 * that is a regular file or does not exist: a device or a pipe would be replaced by a file.
 */
export async function placeFor(file: string): Promise<string> {
  try {
    if (await isRegularFile(file)) return await realpath(file);
    return await endOfLinks(file);
  } catch (error) {
    throw inWords(error, 'The file for the backup cannot be written');
  }
}

/** Throws a {@link BackupError} unless there is a regular file, which can be read repeatedly. */
export async function checkSource(file: string): Promise<void> {
  try {
    if (!(await isRegularFile(file))) throw new BackupError('The backup cannot be read (ENOENT).');
  } catch (error) {
    throw inWords(error, 'The backup cannot be read');
  }
}

/** Whether there is a regular file; throws for anything else. */
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

/** The links' target need not exist. Cycles were detected before. */
async function endOfLinks(file: string): Promise<string> {
  const next = await readlink(file).catch(() => undefined);
  return next === undefined ? file : endOfLinks(resolve(dirname(file), next));
}

function inWords(error: unknown, what: string): unknown {
  if (error instanceof BackupError) return error;
  return new BackupError(`${what} (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
}
