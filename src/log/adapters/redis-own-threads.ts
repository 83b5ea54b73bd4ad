/** After so many batches in a row a process is taken for the thread's writer: who only accepts a message writes one. */
const BATCHES = 3;
/** How long it is taken for that after its last batch, unless that ended the turn. */
const SETTLE_MS = 2_000;

interface Writing {
  readonly batches: number;
  readonly until: number;
}

/**
 * The threads whose turn this process writes just now. One turn has one writer, so nothing of anybody else can come for
 * them, and its own events need no way round over Redis.
 */
export class RedisOwnThreads {
  /** Oldest first. */
  private readonly threads = new Map<string, Writing>();

  /** The process has written a batch. `isLast`: the turn is over, and the next one may be another process's. */
  wrote(threadId: string, isLast: boolean, now: number): void {
    const known = this.threads.get(threadId);
    const batches = known !== undefined && known.until > now ? known.batches + 1 : 1;
    this.threads.delete(threadId);
    if (!isLast) this.threads.set(threadId, { batches, until: now + SETTLE_MS });
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
