import type { ReceivedMessage } from '../../thread/index.js';

/** The parameters of a received message, as `ACCEPT` and `ENQUEUE` number them. */
export function newMessage(isRetry: string): ReceivedMessage {
  return {
    ...{ thread: '$1', org: '$2', user: '$3', at: '$4', title: '$5', turn: '$6' },
    ...{ message: '$8', answer: '$9', content: '$13', isRetry },
  };
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
