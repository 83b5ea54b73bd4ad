import type { ReceivedMessage } from '../../thread/index.js';
import { following, siblingsAmong } from './turn-sql.js';

/** The parameters of a received message, as the statements that accept and enqueue a turn number them. */
export function newMessage(isRetry: string): ReceivedMessage {
  return {
    ...{ thread: '$1', org: '$2', user: '$3', at: '$4', title: '$5', turn: '$6' },
    ...{ message: '$8', answer: '$9', content: '$13', isRetry },
  };
}

/** What completes the text of a message's event: the place of its turn in the thread's tree. */
export function savedEnd(parent: string, siblings: string): string {
  return `',"parentTurnId":' || COALESCE('"' || ${parent} || '"', 'null') || ',"siblings":' || ${siblings} || '}}'`;
}

/**
 * The CTE `place` of those statements: the `siblings` of the new turn, as JSON text, and `saved_end`, what completes the
 * text of the message's event.
 */
export function placeInTree(isRetry: string): string {
  const ids = `${following('thread.id', 'thread.head_parent_turn_id')} UNION ALL SELECT $6::uuid`;
  return `place AS (
     SELECT siblings, CASE WHEN ${isRetry}::boolean THEN '' ELSE ${savedEnd('parent_turn_id', 'siblings')} END AS saved_end
     FROM (
       SELECT thread.head_parent_turn_id AS parent_turn_id, ${siblingsAmong(ids, '$6::uuid')} AS siblings FROM thread
       -- Evaluated once, not wherever it is read.
       OFFSET 0
     ) AS tree
   )`;
}

/**
 * The part of those statements that claims the message's idempotency key ($11, $12), if it has one, for the turn in the
 * CTE `turn`.
 */
export function claimedKey(): string {
  return `claimed AS (
     INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id)
     SELECT $2, $3, $11::text, $12::bytea, turn.id FROM turn WHERE $11::text IS NOT NULL
   )`;
}
