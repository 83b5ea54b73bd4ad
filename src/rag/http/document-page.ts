import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../platform/http/index.js';
import type { DocumentPage } from '../app/list-documents.js';

/** The list's sort key is the id, which is time-ordered. */
const keyset = z.tuple([z.guid()]);

/** The id after which a page goes on; throws `INVALID_CURSOR`. */
export function idFrom(cursor: string | undefined): string | undefined {
  return decodeCursor(cursor, keyset)?.[0];
}

/** A page as clients see it, with the cursor of the one after it. */
export function encodePage({ documents, lastId }: DocumentPage) {
  return { documents, nextCursor: lastId === undefined ? null : encodeCursor([lastId]) };
}
