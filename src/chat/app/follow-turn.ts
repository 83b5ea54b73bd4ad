import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import type { LoggedEvent } from '../../log/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import type { StartedTurn } from '../../turn/index.js';
import { RedactEvents } from './redact-events.js';
import { connected, Resume, type StreamItem } from './resume.js';

/** Follows one turn from its first event, or from a client's cursor, to its last. */
@Injectable()
export class FollowTurn {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    private readonly resume: Resume,
    private readonly redactEvents: RedactEvents,
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
    const own = items.filter((item) => item.type !== 'snapshot' || item.data.turnId === turnId);
    yield [connected({ threadId, turnId, lastEventId: cursor }), ...own];
    // The client has every event of a turn that has ended: there is nothing to wait for.
    if (turn.endedAt !== null && cursor >= ((await this.threads.head(caller, threadId)) ?? 0)) return;
    // Other turns come before a queued one.
    let hasBegun = turn.status !== 'queued';
    let show = this.redactEvents.from(caller, cursor);
    for await (const events of this.resume.watch(caller, threadId, cursor, signal)) {
      if ('type' in events) {
        if (events.data.turnId !== turnId) continue;
        hasBegun = true;
        show = this.redactEvents.from(caller, events.data.lastEventId);
        yield [events];
        continue;
      }
      const own = eventsOf(turnId, events);
      hasBegun ||= own.length > 0;
      if (own.length > 0) yield await show(own);
      if (hasBegun && (events.at(-1)?.turnId !== turnId || own.at(-1)?.type === 'done')) return;
    }
  }
}

/** The same array where all events are the turn's, so that what many clients receive is encoded once. */
function eventsOf(turnId: string, events: readonly LoggedEvent[]): readonly LoggedEvent[] {
  return events.every((event) => event.turnId === turnId)
    ? events
    : events.filter((event) => event.turnId === turnId);
}
