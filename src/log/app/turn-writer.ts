import type { TurnEvent } from '../../kernel/index.js';
import { pieceData, type LoggedEvent } from '../core/logged-event.js';
import type { AppendRequest } from '../ports/turn-event-log.js';

/** Stores what a {@link TurnWriter} has collected. */
export interface CommitSchedule {
  /** How long a piece may wait for the next one of its answer, in milliseconds. */
  readonly pieceWindow: number;
  /** Announces that the writer has pending events, due at its `dueAt`. */
  schedule(writer: TurnWriter): void;
}

interface OpenPiece {
  readonly messageId: string;
  readonly type: 'ai_response' | 'ai_reasoning';
  readonly contents: string[];
}

type Pending = OpenPiece | { readonly type: TurnEvent['type']; readonly data: string; readonly at: string };

/** The `dueAt` of what waits for nothing. */
export const AT_ONCE = -Infinity;

/** How many characters may be pending before the turn's source has to wait. */
const MAX_PENDING_CHARS = 262_144;
/** How many may be stored along with the end of a turn. */
const MAX_CHARS_ALONG = 65_536;

/**
 * The only writer of a turn: gives events their positions in the thread's sequence and passes them to the process's
 * group commit. Pending pieces are merged into one event; the first ones of an answer, and those after another event,
 * wait for nothing.
 */
export class TurnWriter {
  private pending: Pending[] = [];
  private pendingChars = 0;
  private lastPieces = -Infinity;
  /** The message whose pieces follow each other without another event. */
  private saying: string | undefined;
  /** From when on what is pending is to be written, on the clock of `performance.now()`. */
  dueAt = Infinity;
  private landing: (() => void)[] = [];
  private waiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private failure: Error | undefined;
  /** The clearance level of the documents the answer is based on: everything written from now on carries it. */
  level: number | undefined = 0;
  /** Called when the log refuses this writer, so that its source can stop. */
  onRefused: (error: Error) => void = () => undefined;
  /** When it was last counted among those that write. */
  period = 0;
  /** The batch being written; it is sent again until the log has responded. */
  inFlight: AppendRequest | undefined;

  constructor(
    private readonly commit: CommitSchedule,
    readonly threadId: string,
    readonly turnId: string,
    /** The message that pieces belong to from now on. */
    public messageId: string,
    readonly epoch: number,
    /** The last stored sequence. */
    public lastSeq: number,
  ) {}

  /**
   * Adds an event. Events are stored soon, in the order of the calls; a status of the workflow waits a moment for the piece or
   * the event that mostly follows it.
   */
  event(event: TurnEvent): void {
    this.pending.push({ type: event.type, data: JSON.stringify(event.data), at: new Date().toISOString() });
    this.saying = undefined;
    this.due(event.type === 'workflow_status' ? performance.now() + this.commit.pieceWindow : AT_ONCE);
  }

  /** Adds a piece of the answer or of the model's reasoning. */
  piece(type: OpenPiece['type'], content: string): void {
    const last = this.pending.at(-1);
    const { messageId } = this;
    if (last !== undefined && 'contents' in last && last.type === type && last.messageId === messageId)
      last.contents.push(content);
    else this.pending.push({ type, messageId, contents: [content] });
    this.pendingChars += content.length;
    const isFirst = this.saying !== messageId;
    this.saying = messageId;
    this.due(isFirst ? AT_ONCE : this.lastPieces + this.commit.pieceWindow);
  }

  /** Whether any of what is pending is a piece. */
  get hasPieces(): boolean {
    return this.pendingChars > 0;
  }

  /** Whether the source should wait for {@link stored}: too much is pending, or the log has refused this writer. */
  get isFull(): boolean {
    return this.failure !== undefined || this.pendingChars > MAX_PENDING_CHARS;
  }

  /** Resolves when every event so far is stored. Throws `LeaseLostError` or `EventRefusedError` when the log refuses them. */
  stored(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.pending.length === 0 && this.inFlight === undefined) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.waiters.push({ resolve, reject });
    if (this.pending.length > 0) this.due(AT_ONCE);
    return promise;
  }

  /** Resolves when no batch is in flight; others may wait to be written then. */
  async landed(): Promise<void> {
    while (this.inFlight !== undefined) await new Promise<void>((resolve) => this.landing.push(resolve));
  }

  /** Whether something waits to be written, and little enough of it to be stored along with something else. */
  get canGoAlong(): boolean {
    if (this.failure !== undefined || this.inFlight !== undefined || this.pending.length === 0) return false;
    const chars = this.pending.reduce((sum, one) => sum + ('data' in one ? one.data.length : 0), 0);
    return chars + this.pendingChars <= MAX_CHARS_ALONG;
  }

  /** Encodes what is pending as the next batch. */
  nextBatch(now: number): AppendRequest | undefined {
    if (this.inFlight !== undefined) return this.inFlight;
    if (this.pending.length === 0) return undefined;
    if (this.pendingChars > 0) this.lastPieces = now;
    const events = this.encode();
    this.dueAt = Infinity;
    this.inFlight = {
      threadId: this.threadId,
      turnId: this.turnId,
      epoch: this.epoch,
      fromSeq: this.lastSeq,
      events,
    };
    return this.inFlight;
  }

  /** The log has stored the batch in flight. */
  accepted(): void {
    this.lastSeq += this.inFlight?.events.length ?? 0;
    this.land();
    if (this.pending.length > 0) return;
    for (const { resolve } of this.waiters.splice(0)) resolve();
  }

  /** The log has refused the batch in flight, or could not be reached for too long. */
  refused(error: Error): void {
    this.failure = error;
    this.land();
    this.pending = [];
    this.dueAt = Infinity;
    for (const { reject } of this.waiters.splice(0)) reject(error);
    this.onRefused(error);
  }

  /** The log has stored this many events of the batch in flight, and will never accept the next one. */
  refusedAfter(stored: number, error: Error): void {
    this.lastSeq += stored;
    this.refused(error);
  }

  /**
   * What is pending, and these events behind it, encoded to follow what is stored: the statement that stores something of the
   * turn besides writes them.
   */
  encodeAlong(events: readonly TurnEvent[]): LoggedEvent[] {
    const at = new Date().toISOString();
    for (const { type, data } of events) this.pending.push({ type, data: JSON.stringify(data), at });
    return this.encode();
  }

  /** Events that {@link encodeAlong} has encoded wait to be written again, because they were not. */
  restore(events: readonly LoggedEvent[]): void {
    this.pending.unshift(...events.map(({ type, data, at }) => ({ type, data, at })));
  }

  /** So many events are stored that {@link encodeAlong} has encoded. */
  storedAlong(count: number): void {
    this.lastSeq += count;
  }

  private land(): void {
    this.inFlight = undefined;
    for (const resolve of this.landing.splice(0)) resolve();
  }

  private encode(): LoggedEvent[] {
    const { turnId, level } = this;
    const now = new Date().toISOString();
    const events = this.pending.map((pending, index): LoggedEvent => {
      const seq = this.lastSeq + index + 1;
      if ('data' in pending) {
        return { seq, turnId, type: pending.type, data: pending.data, at: pending.at, level };
      }
      const { messageId } = pending;
      const content = pending.contents.join('');
      const data =
        pending.type === 'ai_response'
          ? pieceData(messageId, content)
          : JSON.stringify({ messageId, content } satisfies { messageId: string; content: string });
      return { seq, turnId, type: pending.type, data, at: now, level };
    });
    this.pending = [];
    this.pendingChars = 0;
    return events;
  }

  private due(at: number): void {
    this.dueAt = Math.min(this.dueAt, at);
    this.commit.schedule(this);
  }
}
