import { firstBatch, type LoggedEvent } from '../core/logged-event.js';

/** How much of a thread is kept in memory for watchers that have not read it yet. */
const MAX_EVENTS = 256;
const MAX_CHARS = 262_144;

/**
 * The newest events of one thread, without a gap, shared by all its watchers here. It may be empty at any time: a
 * watcher that needs more reads the log.
 */
export class ThreadTail {
  private events: LoggedEvent[] = [];
  private chars = 0;
  /** Batches by cursor, until a new event arrives: most watchers are at the same position. */
  private readonly batches = new Map<number, readonly LoggedEvent[]>();
  /** The newest sequence that was added. */
  head = 0;

  /** Adds those of the events that are new; returns whether any was. */
  add(pushed: readonly LoggedEvent[]): boolean {
    // Events from other processes may arrive twice, or with a gap.
    const events = (pushed[0]?.seq ?? 0) > this.head ? pushed : pushed.filter(({ seq }) => seq > this.head);
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) return false;
    if (first.seq !== this.head + 1) this.clear();
    for (const event of events) {
      this.events.push(event);
      this.chars += event.data.length;
    }
    this.batches.clear();
    this.head = last.seq;
    return true;
  }

  /** Whether so much is held that watchers which have not read it should read the log instead. */
  get isFull(): boolean {
    return this.events.length > MAX_EVENTS || this.chars > MAX_CHARS;
  }

  /**
   * The next batch after the cursor, merged; empty when there is nothing newer, `undefined` when it is not held here.
   */
  after(cursor: number): readonly LoggedEvent[] | undefined {
    if (this.head <= cursor) return [];
    const known = this.batches.get(cursor);
    if (known !== undefined) return known;
    const start = cursor + 1 - (this.events[0]?.seq ?? Infinity);
    if (!(start >= 0)) return undefined;
    const batch = firstBatch(this.events, start);
    this.batches.set(cursor, batch);
    return batch;
  }

  /** Whether there is something newer than the cursor, and all of it is held here. */
  holdsAfter(cursor: number): boolean {
    return this.head > cursor && cursor + 1 >= (this.events[0]?.seq ?? Infinity);
  }

  clear(): void {
    if (this.events.length === 0) return;
    this.events = [];
    this.chars = 0;
    this.batches.clear();
  }
}
