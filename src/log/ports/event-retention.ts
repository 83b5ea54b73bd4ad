/** Injection token of {@link EventRetention}. */
export const EVENT_RETENTION = Symbol('EventRetention');

/**
 * Keeps the log of turns that are over small. What every implementation promises, and
 * `test/contracts/event-retention.contract.ts` holds it to:
 *
 * - Neighbouring pieces of an answer, and of its reasoning, become one event with the sequence and time of the last and
 *   all their content; pieces that an `ai_reset` has taken back are removed. Every other event stays to the letter.
 * - So a reader from the start puts together what the turn's message holds, in the same order; and a cursor whose own
 *   event is still there can be read on from as before.
 * - A turn is compacted whole or not at all, once, and only after its end; several processes may do it at the same time.
 */
export interface EventRetention {
  /** Compacts the turns that ended at least so many milliseconds ago, `limit` at most; answers how many. */
  compact(retentionMs: number, limit: number): Promise<number>;
}
