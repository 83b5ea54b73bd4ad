import type { LoggedEvent } from '../core/logged-event.js';
import { codeOf, type RedisConnection } from './redis-connection.js';
import { charsOf, entryFields, entryId, MAX_ENTRY_CHARS, threadKey } from './redis-live-entry.js';

/** A reader is behind by moments, or reads the event log: a few seconds of a turn are enough. */
const MAX_ENTRIES = 128;
const KEEP_MS = 60_000;

/** So many writes may wait for their answer; what comes meanwhile gathers, and goes out merged. */
const MAX_IN_FLIGHT = 8;
/** What may be gathered and under way, all threads together; beyond it readers are only told where to read. */
const MAX_CHARS = 8_000_000;
/** Threads whose readers are still to be told, or whose stream is to be removed; beyond it they find out by polling. */
const MAX_NOTES = 10_000;
const NOTES_AT_ONCE = 1_000;

const ANSWER_MS = 1_500;
const RETRY_MS = 1_000;

interface Batch {
  events: readonly LoggedEvent[];
  chars: number;
}

/** An entry that is under way. */
interface Sent {
  readonly threadId: string;
  readonly seq: number;
  /** That it was added, and that its stream goes on to be kept. */
  readonly replies: readonly [Promise<unknown>, Promise<unknown>];
}

/**
 * Writes to the streams of threads without ever being waited for. What comes in one turn of the event loop goes out
 * together, one entry a thread. What cannot be sent is forgotten but for where it ended: readers are told that
 * when Redis answers again.
 */
export class RedisLiveWriter {
  private readonly pending = new Map<string, Batch>();
  /** Threads that have more events than their stream says, with the last one's sequence. */
  private readonly unsaid = new Map<string, number>();
  private readonly doomed = new Set<string>();
  private readonly wakes = new Map<string, number>();
  private chars = 0;
  private inFlight = 0;
  private scheduled = false;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly connection: RedisConnection,
    private readonly origin: string,
    private readonly refused: (reason: string) => void,
  ) {}

  publish(threadId: string, events: readonly LoggedEvent[]): void {
    const waiting = this.pending.get(threadId);
    const chars = charsOf(events);
    const together = (waiting?.chars ?? 0) + chars;
    if (!this.connection.isReady || together > MAX_ENTRY_CHARS || this.chars + chars > MAX_CHARS) {
      this.drop(threadId, events.at(-1)!.seq);
    } else {
      this.chars += chars;
      this.pending.set(threadId, {
        events: waiting === undefined ? events : [...waiting.events, ...events],
        chars: together,
      });
    }
    this.schedule();
  }

  /** Puts an entry into a stream that has no other purpose than to end somebody's waiting for it. */
  wake(key: string, count: number): void {
    this.wakes.set(key, count);
    this.schedule();
  }

  /** Removes the stream of a thread. One that cannot be removed now goes when its time is over. */
  forget(threadId: string): void {
    this.discard(threadId);
    this.unsaid.delete(threadId);
    if (this.connection.isReady && this.doomed.size < MAX_NOTES) this.doomed.add(threadId);
    this.schedule();
  }

  /** Redis is there again. */
  resume(): void {
    this.schedule();
  }

  /** Sends what waits, and gives it the time to arrive. */
  async close(milliseconds: number): Promise<void> {
    const until = performance.now() + milliseconds;
    this.flush();
    while (this.connection.isReady && this.inFlight > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5));
    this.closed = true;
    clearTimeout(this.retry);
  }

  private drop(threadId: string, seq: number): void {
    this.discard(threadId);
    if (this.unsaid.size < MAX_NOTES || this.unsaid.has(threadId)) this.unsaid.set(threadId, seq);
  }

  private discard(threadId: string): void {
    this.chars -= this.pending.get(threadId)?.chars ?? 0;
    this.pending.delete(threadId);
  }

  private schedule(): void {
    if (this.scheduled || this.closed || !this.connection.isReady) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.closed || this.inFlight >= MAX_IN_FLIGHT) return;
    if (!this.connection.isReady) {
      for (const [threadId, { events }] of this.pending) this.drop(threadId, events.at(-1)!.seq);
      return;
    }
    const { chars } = this;
    const { redis } = this.connection;
    // One write to the socket: the client's own pipelines cost twice as much.
    redis.stream.cork();
    const sent = [...this.putBatches(), ...this.putNotes()];
    const others: Promise<unknown>[] = [];
    for (const threadId of this.doomed) others.push(redis.del(threadKey(threadId)));
    for (const [key, count] of this.wakes) {
      others.push(redis.xadd(key, 'MAXLEN', 1, entryId(count), 'w', ''), redis.pexpire(key, KEEP_MS));
    }
    redis.stream.uncork();
    this.doomed.clear();
    this.wakes.clear();
    if (sent.length + others.length > 0) void this.settle(sent, others, chars);
  }

  private putBatches(): Sent[] {
    const sent: Sent[] = [];
    for (const [threadId, { events }] of this.pending) {
      sent.push(this.put(threadId, events.at(-1)!.seq, events));
      // Whoever sees these sees that there were others before.
      this.unsaid.delete(threadId);
    }
    this.pending.clear();
    return sent;
  }

  private putNotes(): Sent[] {
    const sent: Sent[] = [];
    for (const [threadId, seq] of this.unsaid) {
      if (sent.length === NOTES_AT_ONCE) break;
      sent.push(this.put(threadId, seq, []));
      this.unsaid.delete(threadId);
    }
    return sent;
  }

  private put(threadId: string, seq: number, events: readonly LoggedEvent[]): Sent {
    const { redis } = this.connection;
    const key = threadKey(threadId);
    const fields = entryFields(this.origin, events);
    const added = redis.xadd(key, 'MAXLEN', '~', MAX_ENTRIES, entryId(seq), ...fields);
    return { threadId, seq, replies: [added, redis.pexpire(key, KEEP_MS)] };
  }

  private async settle(
    sent: readonly Sent[],
    others: readonly Promise<unknown>[],
    chars: number,
  ): Promise<void> {
    this.inFlight += 1;
    const replies = [...sent.flatMap((entry) => entry.replies), ...others];
    const results = await this.connection.within(ANSWER_MS, Promise.allSettled(replies));
    this.inFlight -= 1;
    this.chars -= chars;
    sent.forEach((entry, index) => {
      const added = results[2 * index];
      if (added?.status === 'rejected') this.failed(entry, added.reason);
    });
    if (this.pending.size > 0) this.schedule();
    if (this.unsaid.size > 0) this.tryAgain();
  }

  private failed({ threadId, seq }: Sent, error: unknown): void {
    // The same, or something later, is there already.
    if (/^ERR The ID specified/.test((error as Error).message)) return;
    if (this.connection.isReady) this.refused(codeOf(error));
    if (!this.unsaid.has(threadId) && !this.pending.has(threadId)) this.drop(threadId, seq);
  }

  private tryAgain(): void {
    if (this.closed) return;
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.schedule();
    }, RETRY_MS);
  }
}
