/**
 * The part of a statement that stores a message whose turn is there: its idempotency key ($11, $12), itself ($8, $13) unless
 * it is asked once more, the place of its answer ($9), and that searches are still to be told of both. Needs `thread`, `turn`
 * and the names of `ACCEPT`; the parameter says whether the message is there already.
 */
export function spoken(isAskedAgain: string): string {
  return `claimed AS (
     INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id)
     SELECT $2, $3, $11::text, $12::bytea, turn.id FROM turn WHERE $11::text IS NOT NULL
   ), unindexed AS (
     INSERT INTO search_pending (thread_id) SELECT id FROM thread ON CONFLICT DO NOTHING
   ), spoken AS (
     INSERT INTO messages (id, thread_id, turn_id, position, role, content, status, created_at)
     SELECT m.id, thread.id, $6::uuid, thread.message_count - m.back, m.role, m.content, m.status, $4::timestamptz
     FROM thread, (VALUES ($8::uuid, 1, 'user', $13::text, 'complete'), ($9::uuid, 0, 'assistant', '', 'streaming'))
       AS m (id, back, role, content, status)
     WHERE m.role <> 'user' OR NOT ${isAskedAgain}::boolean`;
}
