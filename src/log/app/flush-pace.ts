/** Turns that write at once, up to which nothing waits for others. */
const FEW_WRITERS = 32;
/** The number of turns from which on flushes are as rare as they get. */
const MANY_WRITERS = 1_000;
const MAX_INTERVAL_MS = 100;

/** Pieces of one answer that come closer together than this, in milliseconds, become one event. */
const PIECE_WINDOW_MS = 20;
/** The same under load: with many answers at once there is only time for fewer, larger pieces. */
const BUSY_PIECE_WINDOW_MS = 50;

/** How long a turn counts as one that writes after it has. */
const COUNTED_MS = 1_000;

/** Who is counted: which period it was last counted in. */
export interface Counted {
  period: number;
}

/**
 * How long pieces may wait, by how many turns write: statements a second have a ceiling, and nothing waits where there
 * is a processor to spare. A turn that waits for its model, or for a tool, writes nothing and does not count.
 */
export class FlushPace {
  private period = 1;
  private endsAt = -Infinity;
  private before = 0;
  private current = 0;

  /** Counts a turn that writes pieces now. */
  wrote(writer: Counted, now: number): void {
    if (now >= this.endsAt) this.beginPeriod(now);
    if (writer.period === this.period) return;
    writer.period = this.period;
    this.current += 1;
  }

  /** How many turns write. */
  get writers(): number {
    return Math.max(this.before, this.current);
  }

  /** How long a piece may wait for the next one of its answer, in milliseconds. */
  get pieceWindow(): number {
    return this.writers < FEW_WRITERS ? PIECE_WINDOW_MS : BUSY_PIECE_WINDOW_MS;
  }

  /** The time from one flush of pieces to the next one, over all turns, in milliseconds. */
  get interval(): number {
    const beyondFew = (this.writers - FEW_WRITERS) / (MANY_WRITERS - FEW_WRITERS);
    return MAX_INTERVAL_MS * Math.min(1, Math.max(0, beyondFew));
  }

  private beginPeriod(now: number): void {
    this.before = now - this.endsAt < COUNTED_MS ? this.current : 0;
    this.current = 0;
    this.period += 1;
    this.endsAt = now + COUNTED_MS;
  }
}
