/** After so many batches in a row this process counts as the thread's writer: one that only accepts a message writes one. */
const BATCHES = 3;
/** How long it counts as that after its last batch, unless that ended the turn. */
const WRITER_MS = 2_000;

interface Writing {
  readonly batches: number;
  readonly until: number;
}

/**
 * The threads whose turn this process is writing. A turn has one writer, so no other process can have events for them, and
 * Redis need not be asked.
 */
export class OwnThreads {
  /** Oldest first. */
  private readonly threads = new Map<string, Writing>();

  /** This process has written a batch. `isLast`: the turn is over, and the next one may be written elsewhere. */
  wrote(threadId: string, isLast: boolean, now: number): void {
    const known = this.threads.get(threadId);
    const batches = known !== undefined && known.until > now ? known.batches + 1 : 1;
    this.threads.delete(threadId);
    if (!isLast) this.threads.set(threadId, { batches, until: now + WRITER_MS });
    for (const [oldest, { until }] of this.threads) {
      if (until > now) break;
      this.threads.delete(oldest);
    }
  }

  has(threadId: string, now: number): boolean {
    const known = this.threads.get(threadId);
    return known !== undefined && known.batches >= BATCHES && known.until > now;
  }
}
