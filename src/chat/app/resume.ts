import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller, type ControlEvent } from '../../kernel/index.js';
import type { LoggedEvent } from '../../turn/index.js';
import { THREAD_STORE, type ThreadStore } from '../ports/thread-store.js';

/** What a stream sends: events of the log, and control frames that are only for this client. */
export type StreamItem = LoggedEvent | (ControlEvent & { readonly at: string });

/** Finds where a stream begins for a client that says what it has. */
@Injectable()
export class Resume {
  constructor(@Inject(THREAD_STORE) private readonly threads: ThreadStore) {}

  /**
   * The cursor to read on from. A client that claims more than the log holds (the database was put back and lost
   * its newest events) is given a `snapshot` that stands for everything so far. Throws `NOT_FOUND`.
   */
  async from(
    caller: Caller,
    threadId: string,
    asked: number,
  ): Promise<{ readonly cursor: number; readonly items: readonly StreamItem[] }> {
    const head = await this.threads.head(caller, threadId);
    if (head === undefined) throw new AppError('NOT_FOUND', 'There is no such thread.');
    if (asked <= head) return { cursor: asked, items: [] };
    const newest = await this.threads.newestAnswer(caller, threadId);
    const items =
      newest === undefined ? [] : [control({ type: 'snapshot', data: { ...newest, lastEventId: head } })];
    return { cursor: head, items };
  }
}

/** The first frame of every stream: `lastEventId` is where it goes on from. */
export function connected(data: Extract<ControlEvent, { type: 'connected' }>['data']): StreamItem {
  return control({ type: 'connected', data });
}

function control(event: ControlEvent): StreamItem {
  return { ...event, at: new Date().toISOString() };
}
