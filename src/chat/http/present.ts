import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../platform/http/index.js';
import type { MessagePage, ThreadPage, ThreadPosition } from '../../thread/index.js';

const threadKeyset = z.tuple([z.iso.datetime().regex(/^(?!0000)/), z.guid()]);
const messageKeyset = z.tuple([z.int32().nonnegative()]);

/** Throws `INVALID_CURSOR`. */
export function threadPosition(cursor: string | undefined): ThreadPosition | undefined {
  const keyset = decodeCursor(cursor, threadKeyset);
  return keyset && { activeAt: keyset[0], id: keyset[1] };
}

/** Throws `INVALID_CURSOR`. */
export function messagePosition(cursor: string | undefined): number | undefined {
  return decodeCursor(cursor, messageKeyset)?.[0];
}

export function threadsPage({ threads, next }: ThreadPage) {
  return { threads, nextCursor: next === undefined ? null : encodeCursor([next.activeAt, next.id]) };
}

export function messagesPage({ messages, next }: MessagePage) {
  return { messages, nextCursor: next === undefined ? null : encodeCursor([next]) };
}
