import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { WatchThread, type StartedTurn } from '../../turn/index.js';
import { THREAD_STORE, type ThreadStore } from '../ports/thread-store.js';
import { connected, Resume, type StreamItem } from './resume.js';

/** Follows one turn from its first event, or from where a client lost it, to its last. */
@Injectable()
export class FollowTurn {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    private readonly watchThread: WatchThread,
    private readonly resume: Resume,
  ) {}

  /** The turn's events after `after`, then `done`, and the end. */
  async *events(
    caller: Caller,
    { turn, firstSeq }: StartedTurn,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StreamItem[], void> {
    const { threadId, id: turnId } = turn;
    const asked = Math.max(after ?? 0, firstSeq - 1);
    const { cursor, items } = await this.resume.from(caller, threadId, asked);
    yield [connected({ threadId, turnId, lastEventId: cursor }), ...items];
    const head = turn.endedAt === null ? undefined : await this.threads.head(caller, threadId);
    // Everything this client asks for lies before where it is.
    if (head !== undefined && cursor >= head) return;
    for await (const events of this.watchThread.watch(threadId, cursor, signal)) {
      const own = events.filter((event) => event.turnId === turnId);
      if (own.length > 0) yield own;
      if (events.length !== own.length || own.at(-1)?.type === 'done') return;
    }
  }
}
