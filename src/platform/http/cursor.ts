import { z } from 'zod';
import { AppError } from '../../kernel/index.js';

const MAX_CURSOR_LENGTH = 4_096;

/** The query of every list; extend it with `.extend(…)`. `cursor` is the `nextCursor` of the previous page. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many at most'),
  cursor: z.string().optional().describe('The nextCursor of the page before'),
});

/** Encodes a keyset, the sort key of a page's last row, as an opaque cursor. */
export function encodeCursor(keyset: readonly (string | number | boolean | null)[]): string {
  return Buffer.from(JSON.stringify(keyset)).toString('base64url');
}

/** The keyset of a cursor, `undefined` without one. Throws `INVALID_CURSOR` for a cursor that we did not make. */
export function decodeCursor<Keyset extends z.ZodType>(
  cursor: string | undefined,
  schema: Keyset,
): z.output<Keyset> | undefined {
  if (cursor === undefined) return undefined;
  const keyset = schema.safeParse(cursor.length > MAX_CURSOR_LENGTH ? undefined : parsed(cursor));
  if (keyset.success) return keyset.data;
  throw new AppError(
    'INVALID_CURSOR',
    'The cursor is not one of ours. Use the nextCursor of the page before, or leave it out to start over.',
  );
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
