import { z } from 'zod';
import { AppError } from '../../kernel/index.js';
import { decodeCursor, encodeCursor } from '../../platform/http/index.js';
import type { MessagePage, MessagePosition, ThreadPage, ThreadPosition } from '../../thread/index.js';
import type { PagePosition } from '../app/list-messages.js';
import type { InputAnswer, InputPage } from '../../turn/index.js';
import type { AnswerInputBody } from './input-schemas.js';

const threadKeyset = z.tuple([z.iso.datetime().regex(/^(?!0000)/), z.guid()]);
/**
 * A part where a page ends inside a position, and the turn that was named as `branch`, or the number of the branch that the
 * thread showed, unless that was its first. Releases before there were branches made, and read, positions alone.
 */
const messageKeyset = z.tuple([
  z.int32().nonnegative(),
  z.int32().nonnegative().nullish(),
  z.union([z.guid(), z.int32().positive()]).optional(),
]);

/** Throws `INVALID_CURSOR`. */
export function threadPosition(cursor: string | undefined): ThreadPosition | undefined {
  const keyset = decodeCursor(cursor, threadKeyset);
  return keyset && { activeAt: keyset[0], id: keyset[1] };
}

/**
 * Throws `INVALID_CURSOR`, also when the page before was of another `branch`. Without one both are of what the thread
 * shows, and the position says which branch that was.
 */
export function messagePosition(
  cursor: string | undefined,
  branch: string | undefined,
): PagePosition | undefined {
  const keyset = decodeCursor(cursor, messageKeyset);
  if (keyset === undefined) return undefined;
  const [position, part, of] = keyset;
  const place = { position, part: part ?? undefined };
  if (branch === undefined && typeof of !== 'string') return { ...place, shown: of ?? 0 };
  if (typeof of === 'string' && of.toLowerCase() === branch?.toLowerCase()) return place;
  throw new AppError(
    'INVALID_CURSOR',
    'The cursor is of a page of another branch. Name the same branch as for that page, or leave the cursor out to start over.',
  );
}

export function threadsPage({ threads, next }: ThreadPage) {
  return { threads, nextCursor: next === undefined ? null : encodeCursor([next.activeAt, next.id]) };
}

export function messagesPage({ messages, next, branch: shown }: MessagePage, branch: string | undefined) {
  const of = branch ?? (shown === 0 ? undefined : shown);
  return { messages, nextCursor: next === undefined ? null : encodeCursor(keysetOf(next, of)) };
}

function keysetOf({ position, part }: MessagePosition, branch: string | number | undefined) {
  if (branch !== undefined) return [position, part ?? null, branch];
  return part === undefined ? [position] : [position, part];
}

const inputKeyset = z.tuple([z.guid()]);

/** Throws `INVALID_CURSOR`. */
export function inputPosition(cursor: string | undefined): string | undefined {
  return decodeCursor(cursor, inputKeyset)?.[0];
}

export function inputsPage({ inputs, next }: InputPage) {
  return { inputs, nextCursor: next === undefined ? null : encodeCursor([next]) };
}

/** An answer as it came over HTTP. */
export function answerFrom({ action, content, remember }: AnswerInputBody): InputAnswer {
  return { outcome: OUTCOMES[action], content: action === 'accept' ? content : undefined, remember };
}

const OUTCOMES = { accept: 'accepted', decline: 'declined', cancel: 'cancelled' } as const;
