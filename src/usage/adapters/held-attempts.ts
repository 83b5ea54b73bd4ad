import type { AttemptRecord, HowStored, TakenAttempt } from '../ports/usage-ledger.js';

/** How long an attempt waits for the end of its turn. */
const HOLD_MS = 1_000;

interface Held {
  readonly attempt: AttemptRecord;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (stored: HowStored | Promise<HowStored>) => void;
}

/** Attempts that wait for the end of their turns: of each turn one, and none for longer than a moment. */
export class HeldAttempts {
  private readonly byTurn = new Map<string, Held>();

  constructor(private readonly record: (attempt: AttemptRecord) => Promise<HowStored>) {}

  /** Holds the attempt. Resolves when it is stored, whoever does so. */
  hold(attempt: AttemptRecord, turnId: string): Promise<HowStored> {
    void this.release(turnId);
    const { promise, resolve } = Promise.withResolvers<HowStored>();
    const timer = setTimeout(() => void this.release(turnId), HOLD_MS);
    this.byTurn.set(turnId, { attempt, timer, resolve });
    return promise;
  }

  /** The attempt that waits for the turn; it does so no longer. */
  take(turnId: string): TakenAttempt | undefined {
    const held = this.remove(turnId);
    if (held === undefined) return undefined;
    const { attempt, resolve } = held;
    return { attempt, stored: resolve, giveBack: () => resolve(this.record(attempt)) };
  }

  /** Records the attempt that waits for the turn, if there is one; resolves when that is done. */
  release(turnId: string): Promise<unknown> | undefined {
    const held = this.remove(turnId);
    if (held === undefined) return undefined;
    const stored = this.record(held.attempt);
    held.resolve(stored);
    return stored;
  }

  /** Records all of them. */
  releaseAll(): void {
    for (const turnId of this.byTurn.keys()) void this.release(turnId);
  }

  private remove(turnId: string): Held | undefined {
    const held = this.byTurn.get(turnId);
    clearTimeout(held?.timer);
    this.byTurn.delete(turnId);
    return held;
  }
}
