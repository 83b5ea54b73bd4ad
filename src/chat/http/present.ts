import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../platform/http/index.js';
import type { MessagePage, MessagePosition, ThreadPage, ThreadPosition } from '../../thread/index.js';
import type { InputAnswer, InputPage } from '../../turn/index.js';
import type { AnswerInputBody } from './input-schemas.js';

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
