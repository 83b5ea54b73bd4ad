import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../platform/http/index.js';
import type { MessagePage, MessagePosition, ThreadPage, ThreadPosition } from '../../thread/index.js';

const threadKeyset = z.tuple([z.iso.datetime().regex(/^(?!0000)/), z.guid()]);
/** A part where a page ends inside a position; releases before there were parts made, and read, only the others. */
const messageKeyset = z.tuple([z.int32().nonnegative(), z.int32().nonnegative().optional()]);

/** Throws `INVALID_CURSOR`. */
export function threadPosition(cursor: string | undefined): ThreadPosition | undefined {
  const keyset = decodeCursor(cursor, threadKeyset);
  return keyset && { activeAt: keyset[0], id: keyset[1] };
}

/** Throws `INVALID_CURSOR`. */
export function messagePosition(cursor: string | undefined): MessagePosition | undefined {
  const keyset = decodeCursor(cursor, messageKeyset);
  return keyset && { position: keyset[0], part: keyset[1] };
}

export function threadsPage({ threads, next }: ThreadPage) {
  return { threads, nextCursor: next === undefined ? null : encodeCursor([next.activeAt, next.id]) };
}

export function messagesPage({ messages, next }: MessagePage) {
  return { messages, nextCursor: next === undefined ? null : encodeCursor(keysetOf(next)) };
}

function keysetOf({ position, part }: MessagePosition): number[] {
  return part === undefined ? [position] : [position, part];
}
