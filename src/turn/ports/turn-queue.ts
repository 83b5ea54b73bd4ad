/** Injection token of the {@link TurnQueue}. */
export const TURN_QUEUE = Symbol('TurnQueue');

/**
 * Brings turns that wait to processes with room for them. It carries ids only and holds no truth: whoever is offered a
 * turn claims it in the {@link TurnStore}, which gives it to one, and what is lost here is found there. What every
 * implementation promises, and `test/contracts/turn-queue.contract.ts` holds it to:
 *
 * - An offered turn is brought to one open consumer, soon; after a fault it may be brought again.
 * - A consumer that is not open is brought nothing new.
 * - `offer` resolves within a moment and never throws, also while the queue cannot be reached; it says whether it
 *   could be put there.
 */
export interface TurnQueue {
  offer(turnId: string): Promise<boolean>;
  /** Calls `take` with the turns offered from now on, and with those that wait; it starts them and resolves at once. */
  consume(take: (turnId: string) => Promise<void>): Promise<void>;
  /** Says whether this process has room. Begins open. */
  setOpen(isOpen: boolean): void;
  /** Takes and offers nothing more; what else this process queues goes on. */
  close(): Promise<void>;
}
