import type { LoggedEvent } from '../core/logged-event.js';
import { codeOf, type RedisConnection } from './redis-connection.js';
import { charsOf, entryFields, entryId, MAX_ENTRY_CHARS, threadKey } from './redis-live-entry.js';

/** Enough for a few seconds of a turn: a reader that is further behind reads the event log. */
const MAX_ENTRIES = 128;
const KEEP_MS = 60_000;

/** The most writes without a reply; what comes meanwhile is merged and sent later. */
const MAX_IN_FLIGHT = 8;
/** The most characters pending and in flight, over all threads; beyond it readers are only notified. */
const MAX_CHARS = 8_000_000;
/**
 * The most threads that may wait for a notice to their readers, or for the deletion of their stream; the rest relies on
 * polling.
 */
const MAX_NOTICES = 10_000;
const NOTICES_AT_ONCE = 1_000;

const ANSWER_MS = 1_500;
const RETRY_MS = 1_000;

interface Batch {
  events: readonly LoggedEvent[];
  chars: number;
}

/** An entry in flight. */
interface Sent {
  readonly threadId: string;
  readonly seq: number;
  /** The replies to adding it and to renewing the expiry of its stream. */
  readonly replies: readonly [Promise<unknown>, Promise<unknown>];
}

/**
 * Writes to the streams of threads without making anybody wait. What is published in one turn of the event loop is sent
 * together, one entry per thread. Of what cannot be sent only the last sequence is kept: once Redis responds again, a
 * notice with it tells readers that there are new events.
 */
export class RedisLiveWriter {
  private readonly pending = new Map<string, Batch>();
  /** Threads whose stream lacks events, with the sequence of the last one. */
  private readonly notices = new Map<string, number>();
  private readonly toRemove = new Set<string>();
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

  /** Adds an entry to a stream that serves only to end a read which waits for it. */
  wake(key: string, count: number): void {
    this.wakes.set(key, count);
    this.schedule();
  }

  /** Deletes the stream of a thread. If that fails, the stream expires. */
  forget(threadId: string): void {
    this.discard(threadId);
    this.notices.delete(threadId);
    if (this.connection.isReady && this.toRemove.size < MAX_NOTICES) this.toRemove.add(threadId);
    this.schedule();
  }

  /** Called when Redis can be reached again. */
  resume(): void {
    this.schedule();
  }

  /** Sends what is pending, and waits at most this long for the replies. */
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
    if (this.notices.size < MAX_NOTICES || this.notices.has(threadId)) this.notices.set(threadId, seq);
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
    const sent = [...this.sendBatches(), ...this.sendNotices()];
    const others: Promise<unknown>[] = [];
    for (const threadId of this.toRemove) others.push(redis.del(threadKey(threadId)));
    for (const [key, count] of this.wakes) {
      others.push(redis.xadd(key, 'MAXLEN', 1, entryId(count), 'w', ''), redis.pexpire(key, KEEP_MS));
    }
    redis.stream.uncork();
    this.toRemove.clear();
    this.wakes.clear();
    if (sent.length + others.length > 0) void this.awaitReplies(sent, others, chars);
  }

  private sendBatches(): Sent[] {
    const sent: Sent[] = [];
    for (const [threadId, { events }] of this.pending) {
      sent.push(this.send(threadId, events.at(-1)!.seq, events));
      // Readers see by the sequence of these events that earlier ones are missing.
      this.notices.delete(threadId);
    }
    this.pending.clear();
    return sent;
  }

  private sendNotices(): Sent[] {
    const sent: Sent[] = [];
    for (const [threadId, seq] of this.notices) {
      if (sent.length === NOTICES_AT_ONCE) break;
      sent.push(this.send(threadId, seq, []));
      this.notices.delete(threadId);
    }
    return sent;
  }

  private send(threadId: string, seq: number, events: readonly LoggedEvent[]): Sent {
    const { redis } = this.connection;
    const key = threadKey(threadId);
    const fields = entryFields(this.origin, events);
    const added = redis.xadd(key, 'MAXLEN', '~', MAX_ENTRIES, entryId(seq), ...fields);
    return { threadId, seq, replies: [added, redis.pexpire(key, KEEP_MS)] };
  }

  private async awaitReplies(
    sent: readonly Sent[],
    others: readonly Promise<unknown>[],
    chars: number,
  ): Promise<void> {
    this.inFlight += 1;
    const replies = [...sent.flatMap((entry) => entry.replies), ...others];
    const results = await this.connection.answered(ANSWER_MS, Promise.allSettled(replies));
    this.inFlight -= 1;
    this.chars -= chars;
    sent.forEach((entry, index) => {
      const added = results[2 * index];
      if (added?.status === 'rejected') this.failed(entry, added.reason);
    });
    if (this.pending.size > 0) this.schedule();
    if (this.notices.size > 0) this.retryLater();
  }

  private failed({ threadId, seq }: Sent, error: unknown): void {
    // The same entry, or a later one, is stored already.
    if (/^ERR The ID specified/.test((error as Error).message)) return;
    if (this.connection.isReady) this.refused(codeOf(error));
    if (!this.notices.has(threadId) && !this.pending.has(threadId)) this.drop(threadId, seq);
  }

  private retryLater(): void {
    if (this.closed) return;
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.schedule();
    }, RETRY_MS);
  }
}
