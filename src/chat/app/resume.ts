import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller, type ControlEvent } from '../../kernel/index.js';
import { CompactedCursorError, WatchThread, type LoggedEvent } from '../../log/index.js';
import { THREAD_STORE, type AnswerSnapshot, type ThreadStore } from '../../thread/index.js';

/** What a stream sends: events of the log, and control frames that are only for this client. */
export type StreamItem = LoggedEvent | (ControlEvent & { readonly at: string });

/** A frame that stands for events which are not kept one by one any more. */
export type SnapshotItem = Extract<ControlEvent, { type: 'snapshot' }> & { readonly at: string };

/** Where a stream goes on from, and what stands for the events before that. */
export interface ResumePoint {
  readonly cursor: number;
  readonly items: readonly StreamItem[];
}

/** Finds where a stream begins for a client that says what it has, and where it goes on when the log was compacted. */
@Injectable()
export class Resume {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    private readonly watchThread: WatchThread,
  ) {}

  /**
   * The cursor to read on from. A client that has some of the pieces which compaction has made one, or that claims more
   * than the log holds (the database was put back and lost its newest events), is given a `snapshot` that stands for
   * everything up to there. Throws `NOT_FOUND`.
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

  /**
   * What {@link WatchThread} gives after a cursor that {@link from} has answered. Where compaction has overtaken this
   * reader, a snapshot by itself takes the place of what cannot be told apart any more.
   */
  async *watch(
    caller: Caller,
    threadId: string,
    cursor: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LoggedEvent[] | SnapshotItem, void> {
    for (let after = cursor; ;) {
      try {
        return yield* this.watchThread.watch(threadId, after, signal);
      } catch (error) {
        if (!(error instanceof CompactedCursorError)) throw error;
        const answer = await this.threads.answerPast(caller, threadId, error.cursor);
        // Deleted at this very moment.
        if (answer === undefined) return;
        yield snapshot(answer);
        after = answer.lastEventId;
      }
    }
  }
}

/** The first frame of every stream: `lastEventId` is where it goes on from. */
export function connected(data: Extract<ControlEvent, { type: 'connected' }>['data']): StreamItem {
  return { type: 'connected', data, at: new Date().toISOString() };
}

function snapshot(data: AnswerSnapshot): SnapshotItem {
  return { type: 'snapshot', data, at: new Date().toISOString() };
}
