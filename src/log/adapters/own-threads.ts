/**
 * After this many batches in a row, this process counts as the thread's writer: one that only accepts a message writes
 * a single batch.
 */
const BATCHES = 3;
/** How long it counts as the writer after its last batch, unless that batch ended the turn. */
const WRITER_MS = 2_000;

interface Writing {
  readonly batches: number;
  readonly until: number;
}

/**
 * Threads whose turn this process is writing. A turn has one writer, so no other process can have events for them, and
 * Redis need not be polled.
 */
export class OwnThreads {
  /** Oldest first. */
  private readonly threads = new Map<string, Writing>();

  /**
   * Notes that this process has written a batch. `isLast`: the turn has ended, and another process may write the next
   * one.
   */
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
