import { firstBatch, type LoggedEvent } from '../core/logged-event.js';

/** What of a thread may wait in memory for watchers that have not looked yet. */
const MAX_EVENTS = 256;
const MAX_CHARS = 262_144;

/**
 * The newest events of one thread, without a gap between them, for all who watch it here: nobody has a copy. It may
 * be empty at any time; who needs more reads the log.
 */
export class ThreadTail {
  private events: LoggedEvent[] = [];
  private chars = 0;
  /** The batch after a cursor, while nothing new has come: most watchers stand at the same place. */
  private readonly batches = new Map<number, readonly LoggedEvent[]>();
  /** The newest sequence that came this way. */
  head = 0;

  /** Adds what is new of the events; answers whether anything was. */
  add(pushed: readonly LoggedEvent[]): boolean {
    // What comes from elsewhere may come twice, and may leave something out.
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

  /** Whether so much waits that those who have not looked should read the log instead. */
  get isFull(): boolean {
    return this.events.length > MAX_EVENTS || this.chars > MAX_CHARS;
  }

  /** What comes next after the cursor, merged; nothing when nothing does, `undefined` when it is not here. */
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

  clear(): void {
    if (this.events.length === 0) return;
    this.events = [];
    this.chars = 0;
    this.batches.clear();
  }
}
