import { createHash } from 'node:crypto';
import type { Caller } from '../../kernel/index.js';
import type { TurnRequest } from '../../kernel/index.js';

/**
 * The thread for another system's own id: always the same one for the same user and id, and one that no other user can
 * name. A UUIDv8, whose bits are a SHA-256's.
 */
export function threadIdOf({ org, id }: Pick<Caller, 'org' | 'id'>, name: string): string {
  const bytes = digest(['thread', org, id, name]).subarray(0, 16);
  bytes[6] = 0x80 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * Distinguishes the message from every other one of its thread. A message with an id is identified by it; one without
 * is the same if it repeats the same question after the same messages, regardless of failed attempts before it.
 */
export function identityOf(
  { content, history = [] }: Pick<TurnRequest, 'content' | 'history'>,
  messageId: string | undefined,
): readonly unknown[] {
  if (messageId !== undefined) return ['id', messageId, content];
  const isSame = (message: (typeof history)[number]) =>
    message.role === 'user' && message.content === content;
  const said = history.slice(0, history.findLastIndex((message) => !isSame(message)) + 1);
  return ['content', content, said.map(({ role, content: words }) => [role, words])];
}

/** An internal idempotency key for a message of a thread; clients' keys are ASCII, so none collides with it. */
export function keyOf(
  threadId: string,
  identity: readonly unknown[],
  attempt: number,
): { readonly key: string; readonly hash: Buffer } {
  const hash = digest(['message', threadId, identity, attempt]);
  return { key: `§stream:${hash.toString('base64url')}`, hash };
}

function digest(parts: readonly unknown[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
