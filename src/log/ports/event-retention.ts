/** Injection token of {@link EventRetention}. */
export const EVENT_RETENTION = Symbol('EventRetention');

/**
 * Keeps the log of turns that have ended small. What every implementation promises, and
 * `test/contracts/event-retention.contract.ts` holds it to:
 *
 * - Neighbouring pieces of an answer, and of its reasoning, become one event with the sequence and time of the last and
 *   all their content; pieces that an `ai_reset` of their message has taken back are removed. Every other event stays
 *   exactly as it is.
 * - So the turn amounts to the same as before (`kernel/fold-turn.ts`), in the same order; and reading goes on as before from
 *   a cursor whose own event is still there.
 * - A turn is compacted whole or not at all, once, and only after its end; several processes may do it at the same time.
 */
export interface EventRetention {
  /** Compacts up to `limit` turns that ended at least `retentionMs` milliseconds ago; returns how many. */
  compact(retentionMs: number, limit: number): Promise<number>;
}
