import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { WatchThread, type StartedTurn } from '../../turn/index.js';
import { THREAD_STORE, type ThreadStore } from '../ports/thread-store.js';
import { CurrentEvents } from './current-events.js';
import { connected, Resume, type StreamItem } from './resume.js';

/** Follows one turn from its first event, or from where a client lost it, to its last. */
@Injectable()
export class FollowTurn {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    private readonly watchThread: WatchThread,
    private readonly resume: Resume,
    private readonly currentEvents: CurrentEvents,
  ) {}

  /** The turn's events after `after`, then `done`, and the end. */
  async *events(
    caller: Caller,
    { turn, firstSeq }: StartedTurn,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StreamItem[], void> {
    const { threadId, id: turnId } = turn;
    const start = { cursor: firstSeq - 1, items: [] };
    const { cursor, items } =
      after === undefined ? start : await this.resume.from(caller, threadId, Math.max(after, start.cursor));
    yield [connected({ threadId, turnId, lastEventId: cursor }), ...items];
    // A client that has everything of a turn that is over has nothing to wait for.
    if (turn.endedAt !== null && cursor >= ((await this.threads.head(caller, threadId)) ?? 0)) return;
    for await (const events of this.watchThread.watch(threadId, cursor, signal)) {
      const own = events.filter((event) => event.turnId === turnId);
      if (own.length > 0) yield await this.currentEvents.of(caller, own);
      if (events.length !== own.length || own.at(-1)?.type === 'done') return;
    }
  }
}
