import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import {
  BackupError,
  BROKEN,
  decodeParts,
  FORMAT,
  NOT_A_BACKUP,
  type BackupHeader,
  type BackupPart,
} from './format.js';
import { checkSource } from './place.js';

/** The parts of the file; each table's rows are verified against their sum. Throws a {@link BackupError}. */
export async function* readBackup(file: string): AsyncGenerator<BackupPart, void, undefined> {
  await checkSource(file);
  await access(file, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    throw new BackupError(`The backup cannot be read (${error.code}).`, { cause: error });
  });
  const input = createReadStream(file);
  const unpacked = createGunzip();
  input.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  let hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const part of decodeParts(unpacked)) {
      if (part.kind === 'header' && part.header.format !== FORMAT)
        throw new BackupError(
          `The backup has format ${part.header.format}, and this release reads ${FORMAT}. Restore it with the release that made it, ${part.header.release}, or a later one.`,
        );
      if (part.kind === 'table') [hash, bytes] = [createHash('sha256'), 0];
      if (part.kind === 'rows') {
        hash.update(part.rows);
        bytes += part.rows.length;
      }
      if (part.kind === 'sum' && (part.sum.bytes !== bytes || part.sum.sha256 !== hash.digest('hex')))
        throw new BackupError(BROKEN);
      yield part;
    }
  } catch (error) {
    throw inWords(error);
  } finally {
    input.destroy();
    unpacked.destroy();
  }
}

/** Reads the whole file once; throws a {@link BackupError} unless it is complete. */
export async function checkBackup(file: string, signal: AbortSignal): Promise<BackupHeader> {
  let header: BackupHeader | undefined;
  let tables = 0;
  for await (const part of readBackup(file)) {
    signal.throwIfAborted();
    if (part.kind === 'header') header = part.header;
    if (header === undefined) throw new BackupError(BROKEN);
    if (part.kind === 'sum') tables += 1;
    if (part.kind === 'end' && part.tables !== tables) throw new BackupError(BROKEN);
  }
  if (header === undefined) throw new BackupError(BROKEN);
  return header;
}

function inWords(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  // Distinguishes a file that was never a backup from a truncated or changed one.
  if (code === 'Z_DATA_ERROR' && (error as Error).message.includes('incorrect header'))
    return new BackupError(NOT_A_BACKUP, { cause: error });
  return code?.startsWith('Z_') ? new BackupError(BROKEN, { cause: error }) : error;
}
