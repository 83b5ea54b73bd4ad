import { createHash } from 'node:crypto';
import type { Caller } from '../../kernel/index.js';

/**
 * The thread that another system's own id stands for: the same one whenever the same user says it, and one that nobody
 * else can name. A UUIDv8, whose bits are a SHA-256's.
 */
export function threadIdOf({ org, id }: Pick<Caller, 'org' | 'id'>, chatId: string): string {
  const bytes = digest(['thread', org, id, chatId]).subarray(0, 16);
  bytes[6] = 0x80 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** An idempotency key of ours for a message of a thread; clients' keys are ASCII, so none of them is like it. */
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
