import { CompactedCursorError } from '../core/errors.js';
import { batchesOf, type LoggedEvent } from '../core/logged-event.js';
import type { TurnEventLog } from '../ports/turn-event-log.js';

/** A part of a thread's log, merged. */
export interface Batch {
  readonly events: readonly LoggedEvent[];
  /** Whether more may follow right now. */
  readonly more: boolean;
}

/** A batch that was read before; it can be reused for as long as anybody holds it. */
interface Known {
  readonly events: WeakRef<readonly LoggedEvent[]>;
  readonly more: boolean;
  /** A last batch is valid for this version of the thread only: more may have been written since. */
  readonly version: number;
}

interface Reading {
  readonly version: number;
  readonly batch: Promise<Batch>;
}

const PAGE_EVENTS = 500;
/** How much is cached, over all threads, for readers that reach the same position soon after. */
const MAX_KEPT_CHARS = 2_097_152;
const KEPT_MS = 2_000;

/**
 * Reads logs for watchers that are behind, in batches small enough to be held while a client does not read. Watchers at
 * the same position share one read, and one copy of its result.
 */
export class LogPages {
  private readonly reading = new Map<string, Reading>();
  private readonly known = new Map<string, Known>();
  /** Batches cached here, the oldest first. */
  private readonly kept = new Set<readonly LoggedEvent[]>();
  private keptChars = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly log: TurnEventLog) {}

  /**
   * The first batch after the cursor. `version` changes whenever something may have been written to the thread.
   * Throws {@link CompactedCursorError}.
   */
  async after(threadId: string, cursor: number, version: number): Promise<Batch> {
    const place = `${threadId}:${cursor}`;
    const known = this.known.get(place);
    const events = known?.more === true || known?.version === version ? known.events.deref() : undefined;
    if (known !== undefined && events !== undefined) return { events, more: known.more };
    const reading = this.reading.get(place);
    if (reading?.version === version) return reading.batch;
    const batch = this.read(threadId, cursor, version);
    const own = { version, batch };
    this.reading.set(place, own);
    try {
      return await batch;
    } finally {
      if (this.reading.get(place) === own) this.reading.delete(place);
    }
  }

  private async read(threadId: string, cursor: number, version: number): Promise<Batch> {
    const page = await this.log.read(threadId, cursor, PAGE_EVENTS);
    if (page.startsInside) throw new CompactedCursorError(cursor);
    const batches = batchesOf(page.events);
    let place = cursor;
    let first: Batch | undefined;
    batches.forEach((events, index) => {
      const batch = { events, more: index < batches.length - 1 || page.more };
      this.keep(`${threadId}:${place}`, batch, version);
      first ??= batch;
      place = events.at(-1)?.seq ?? place;
    });
    return first ?? { events: [], more: page.more };
  }

  private keep(place: string, { events, more }: Batch, version: number): void {
    this.known.set(place, { events: new WeakRef(events), more, version });
    this.kept.add(events);
    this.keptChars += charsOf(events);
    for (const oldest of this.kept) {
      if (this.keptChars <= MAX_KEPT_CHARS || oldest === events) break;
      this.kept.delete(oldest);
      this.keptChars -= charsOf(oldest);
    }
    this.timer ??= setTimeout(() => this.forget(), KEPT_MS).unref();
  }

  /** A batch that is still being sent to a client stays known, so that there is only one copy of it. */
  private forget(): void {
    this.kept.clear();
    this.keptChars = 0;
    for (const [place, { events }] of this.known) if (events.deref() === undefined) this.known.delete(place);
    this.timer = this.known.size === 0 ? undefined : setTimeout(() => this.forget(), KEPT_MS).unref();
  }
}

function charsOf(events: readonly LoggedEvent[]): number {
  return events.reduce((chars, { data }) => chars + data.length, 0);
}
