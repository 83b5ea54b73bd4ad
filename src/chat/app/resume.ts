import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller, type ControlEvent } from '../../kernel/index.js';
import { CompactedCursorError, WatchThread, type LoggedEvent, type PreparedWatch } from '../../log/index.js';
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
  async *watch(
    caller: Caller,
    threadId: string,
    cursor: number,
    signal: AbortSignal,
    prepared?: PreparedWatch,
  ): AsyncGenerator<readonly LoggedEvent[] | SnapshotItem, void> {
    let place = prepared;
    for (let after = cursor; ;) {
      try {
        return yield* this.watchThread.watch(threadId, after, signal, place);
      } catch (error) {
        if (!(error instanceof CompactedCursorError)) throw error;
        place = undefined;
        const answer = await this.threads.answerPast(caller, threadId, error.cursor);
        // Deleted at this moment.
        if (answer === undefined) return;
        yield snapshot(answer);
        after = answer.lastEventId;
      }
    }
  }
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
