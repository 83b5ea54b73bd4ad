import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller, type ControlEvent } from '../../kernel/index.js';
import {
  CompactedCursorError,
  WatchThread,
  type EventWatch,
  type LoggedEvent,
  type PreparedWatch,
} from '../../log/index.js';
import { THREAD_STORE, type AnswerSnapshot, type ThreadStore } from '../../thread/index.js';

/** What a stream sends: events of the log, and control frames that are only for this client. */
export type StreamItem = LoggedEvent | (ControlEvent & { readonly at: string });

/** A frame that replaces events which are no longer stored one by one. */
export type SnapshotItem = Extract<ControlEvent, { type: 'snapshot' }> & { readonly at: string };

/** Where a stream continues, and the snapshot that replaces the events before. */
export interface ResumePoint {
  readonly cursor: number;
  readonly items: readonly StreamItem[];
}

/** Finds where a stream begins for a client's cursor, and where it continues when the log was compacted. */
@Injectable()
export class Resume {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    private readonly watchThread: WatchThread,
  ) {}

  /**
   * The cursor to read from. A client that has some of the pieces which compaction has merged, or whose cursor is
   * beyond the end of the log (the database was restored and has lost its newest events), receives a `snapshot` that
   * replaces everything up to there. Throws `NOT_FOUND`.
   */
  async from(caller: Caller, threadId: string, asked: number): Promise<ResumePoint> {
    const place = await this.threads.place(caller, threadId, asked);
    if (place === undefined) throw new AppError('NOT_FOUND', 'There is no such thread.');
    if (asked <= place.head && place.isKept) return { cursor: asked, items: [] };
    const answer =
      asked > place.head
        ? await this.threads.newestAnswer(caller, threadId)
        : await this.threads.answerPast(caller, threadId, asked);
    if (answer !== undefined) return { cursor: answer.lastEventId, items: [snapshot(answer)] };
    return { cursor: Math.min(asked, place.head), items: [] };
  }

  /** See {@link WatchThread.prepare}. */
  prepare(threadId: string): PreparedWatch {
    return this.watchThread.prepare(threadId);
  }

  /**
   * The events that {@link WatchThread} yields after a cursor returned by {@link from}. Where compaction has overtaken
   * this reader, a snapshot replaces the events that were merged.
   */
  watch(
    caller: Caller,
    threadId: string,
    cursor: number,
    signal: AbortSignal,
    prepared?: PreparedWatch,
  ): ResumedWatch {
    const from = (after: number, place?: PreparedWatch) =>
      this.watchThread.watch(threadId, after, signal, place);
    const answerPast = (after: number) => this.threads.answerPast(caller, threadId, after);
    return new ResumedWatch(from(cursor, prepared), from, answerPast);
  }
}

/** What a watch brings: events, or the snapshot that replaces some. */
type Batch = readonly LoggedEvent[] | SnapshotItem;

/** A watch that goes on behind a snapshot where compaction has overtaken it. */
export class ResumedWatch implements AsyncIterableIterator<Batch, void> {
  constructor(
    private watch: EventWatch,
    private readonly from: (after: number) => EventWatch,
    private readonly answerPast: (after: number) => Promise<AnswerSnapshot | undefined>,
  ) {}

  next(): Promise<IteratorResult<Batch, void>> {
    return this.watch.next().catch(this.goOn);
  }

  return(): Promise<IteratorReturnResult<void>> {
    return this.watch.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private readonly goOn = async (error: unknown): Promise<IteratorResult<Batch, void>> => {
    if (!(error instanceof CompactedCursorError)) throw error;
    const answer = await this.answerPast(error.cursor);
    // Deleted at this moment.
    if (answer === undefined) return { done: true, value: undefined };
    this.watch = this.from(answer.lastEventId);
    return { done: false, value: snapshot(answer) };
  };
}

/** The first frame of every stream: `lastEventId` is the cursor it continues from. */
export function connected(data: Extract<ControlEvent, { type: 'connected' }>['data']): StreamItem {
  return { type: 'connected', data, at: new Date().toISOString() };
}

/** The last frame of a stream of one turn that waits. */
export function suspended(data: Extract<ControlEvent, { type: 'suspended' }>['data']): StreamItem {
  return { type: 'suspended', data, at: new Date().toISOString() };
}

function snapshot(data: AnswerSnapshot): SnapshotItem {
  return { type: 'snapshot', data, at: new Date().toISOString() };
}
