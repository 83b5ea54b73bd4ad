/** Injection token of the {@link TurnQueue}. */
export const TURN_QUEUE = Symbol('TurnQueue');

/**
 * Delivers queued turns to processes with capacity. It carries ids only and is not authoritative: a process that
 * receives a turn claims it in the {@link TurnStore}, which gives it to one process only, and turns lost here are found
 * there. What every implementation promises, and `test/contracts/turn-queue.contract.ts` verifies:
 *
 * - An offered turn is delivered to one open consumer, soon; after a failure it may be delivered again.
 * - A consumer that is not open receives nothing new.
 * - `offer` resolves promptly and never throws, even while the queue cannot be reached; it tells whether the turn was
 *   enqueued.
 */
export interface TurnQueue {
  offer(turnId: string): Promise<boolean>;
  /**
   * Calls `start` with every turn offered from now on and with those that wait already; it starts the turn and resolves
   * at once.
   */
  consume(start: (turnId: string) => Promise<void>): Promise<void>;
  /** Sets whether this process has capacity. Open initially. */
  setOpen(isOpen: boolean): void;
  /** Stops delivering and offering; other jobs of this process continue. */
  close(): Promise<void>;
}
