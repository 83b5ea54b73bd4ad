/** A backup that cannot be made, read or restored, with a message for the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** The first part of a backup. */
export interface BackupHeader {
  /** The version of the file's format. */
  readonly format: number;
  /** The release that made the backup. */
  readonly release: string;
  /** The database's migrations, oldest first: the schema of the rows. */
  readonly migrations: readonly string[];
  readonly postgres: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface BackupTable {
  readonly table: string;
  readonly columns: readonly string[];
}

/** Follows a table's rows, so that a changed or truncated file is detected. */
export interface TableSum {
  readonly table: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface SequenceValue {
  readonly table: string;
  readonly column: string;
  /** The last value that was assigned; `null` when there is none. */
  readonly value: string | null;
}

/** One part of a backup; the last one is `end`, which a truncated file lacks. */
export type BackupPart =
  | { readonly kind: 'header'; readonly header: BackupHeader }
  | { readonly kind: 'table'; readonly table: BackupTable }
  /** Rows as `COPY` writes them, split anywhere. */
  | { readonly kind: 'rows'; readonly rows: Buffer }
  | { readonly kind: 'sum'; readonly sum: TableSum }
  | { readonly kind: 'sequences'; readonly sequences: readonly SequenceValue[] }
  | { readonly kind: 'end'; readonly tables: number };

export const FORMAT = 1;
export const MAGIC = Buffer.from('THREADLINE BACKUP\n');

const LETTERS = { header: 'H', table: 'T', rows: 'R', sum: 'S', sequences: 'Q', end: 'E' } as const;
const PREFIX_BYTES = 5;
/** Postgres sends one row at a time, and no row is this long. */
const MAX_PART_BYTES = 1_073_741_824;

/** A part as it is written to the file: a letter, its length in four bytes, and JSON or raw rows. */
export function encodePart(part: BackupPart): Buffer {
  const body = part.kind === 'rows' ? part.rows : Buffer.from(JSON.stringify(part));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(LETTERS[part.kind], 0, 'latin1');
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

/**
 * Decodes the parts of an uncompressed backup, holding one of them at a time. Throws a {@link BackupError} for invalid
 * data.
 */
export async function* decodeParts(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<BackupPart, void, undefined> {
  let held: Buffer = Buffer.alloc(0);
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let isOpened = false;
  let isEnded = false;
  for await (const chunk of source) {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    // Joined only when a part may be complete: a long row arrives in many chunks.
    if (held.length + waitingBytes < needed(held, isOpened)) continue;
    held = Buffer.concat([held, ...waiting.splice(0)]);
    waitingBytes = 0;
    if (!isOpened && held.length >= MAGIC.length) {
      if (!held.subarray(0, MAGIC.length).equals(MAGIC)) throw new BackupError(NOT_A_BACKUP);
      held = held.subarray(MAGIC.length);
      isOpened = true;
    }
    while (isOpened && held.length >= needed(held, true)) {
      const length = needed(held, true);
      if (length <= PREFIX_BYTES) throw new BackupError(BROKEN);
      const part = decodePart(held.subarray(0, length));
      isEnded = part.kind === 'end';
      held = held.subarray(length);
      yield part;
    }
  }
  if (!isOpened) throw new BackupError(NOT_A_BACKUP);
  if (!isEnded || held.length + waitingBytes > 0) throw new BackupError(BROKEN);
}

/** How many bytes are needed to decode the next part. */
function needed(held: Buffer, isOpened: boolean): number {
  if (!isOpened) return MAGIC.length;
  if (held.length < PREFIX_BYTES) return PREFIX_BYTES + 1;
  const length = held.readUInt32BE(1);
  if (length > MAX_PART_BYTES) throw new BackupError(BROKEN);
  return PREFIX_BYTES + length;
}

function decodePart(bytes: Buffer): BackupPart {
  const letter = bytes.toString('latin1', 0, 1);
  const body = bytes.subarray(PREFIX_BYTES);
  if (letter === LETTERS.rows) return { kind: 'rows', rows: body };
  try {
    const part = JSON.parse(body.toString()) as BackupPart;
    if (LETTERS[part.kind] === letter) return part;
  } catch {
    // Reported below.
  }
  throw new BackupError(BROKEN);
}

export const NOT_A_BACKUP = 'The file is not a backup of Threadline.';
export const BROKEN =
  'The backup is damaged or not whole. Nothing was restored; take another copy of it, or another backup.';
