import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import type { LoggedEvent, PreparedWatch } from '../../log/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import {
  INPUT_STORE,
  TURN_STORE,
  type InputStore,
  type StartedTurn,
  type Turn,
  type TurnStore,
} from '../../turn/index.js';
import { RedactEvents } from './redact-events.js';
import { connected, Resume, suspended, type StreamItem } from './resume.js';

interface TurnEnd {
  readonly isOver: boolean;
  readonly seq: number;
}

/** Follows one turn from its first event, or from a client's cursor, to its last. */
@Injectable()
export class FollowTurn {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    @Inject(TURN_STORE) private readonly turns: Pick<TurnStore, 'find'>,
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'openOf'>,
    private readonly resume: Resume,
    private readonly redactEvents: RedactEvents,
  ) {}

  /** To be called before a turn is started that is to be followed: what it tells at once need not be read then. */
  prepare(threadId: string): PreparedWatch {
    return this.resume.prepare(threadId);
  }

  /**
   * The turn's events after `after`, then `done`, and the end. Where the turn waits for a person, `suspended` comes in place
   * of what has not happened yet.
   */
  async *events(
    caller: Caller,
    { turn, firstSeq }: StartedTurn,
    after: number | undefined,
    signal: AbortSignal,
    prepared?: PreparedWatch,
  ): AsyncGenerator<readonly StreamItem[], void> {
    const { threadId, id: turnId } = turn;
    const start = { cursor: firstSeq - 1, items: [] };
    const { cursor, items } =
      after === undefined ? start : await this.resume.from(caller, threadId, Math.max(after, start.cursor));
    const own = items.filter((item) => item.type !== 'snapshot' || item.data.turnId === turnId);
    yield [connected({ threadId, turnId, lastEventId: cursor }), ...own];
    // The client has every event of a turn that has ended or waits: there is nothing to wait for here.
    if (turn.endedAt !== null || turn.status === 'waiting') {
      if (cursor >= ((await this.threads.head(caller, threadId)) ?? 0)) {
        yield* await this.suspension(caller, turn);
        return;
      }
    }
    // Other turns come before a queued one.
    let hasBegun = turn.status !== 'queued';
    let end: TurnEnd | undefined;
    let show = this.redactEvents.from(caller, cursor);
    for await (const events of this.resume.watch(caller, threadId, cursor, signal, prepared)) {
      if ('type' in events) {
        if (events.data.turnId !== turnId) continue;
        hasBegun = true;
        show = this.redactEvents.from(caller, events.data.lastEventId);
        yield [events];
        continue;
      }
      const own = eventsOf(turnId, events);
      hasBegun ||= own.length > 0;
      if (own.length > 0) yield show(own);
      if (mayBeWaiting(own.at(-1))) {
        const suspension = await this.suspension(caller, turn);
        if (suspension.length > 0) return yield* suspension;
      }
      if (own.at(-1)?.type === 'done') return;
      // Turns behind it may end while it waits, so what another one says does not mean that it is over.
      const last = events.at(-1)!;
      if (!hasBegun || last.turnId === turnId) continue;
      end = await this.endOf(caller, turn, end);
      if (last.seq >= end.seq) return yield* await this.suspension(caller, turn);
    }
  }

  /** Up to where the log has to be read for what the turn has told by now; an end stays where it is. */
  private async endOf(caller: Caller, { id, threadId }: Turn, before?: TurnEnd): Promise<TurnEnd> {
    if (before?.isOver === true) return before;
    const turn = await this.turns.find(caller, threadId, id);
    if (turn?.status === 'running') return { isOver: false, seq: Infinity };
    const head = (await this.threads.head(caller, threadId)) ?? 0;
    return { isOver: turn?.endedAt !== null, seq: head };
  }

  /** What tells of it when the turn waits now. */
  private async suspension(
    caller: Caller,
    { id, threadId }: Turn,
  ): Promise<readonly (readonly StreamItem[])[]> {
    const turn = await this.turns.find(caller, threadId, id);
    if (turn?.status !== 'waiting') return [];
    const open = await this.inputs.openOf(caller, id);
    return [[suspended({ turnId: id, inputIds: open.map((input) => input.id) })]];
  }
}

/** Whether a turn may be waiting that has told this last. */
function mayBeWaiting(event: LoggedEvent | undefined): boolean {
  return event?.type === 'input_required' || event?.type === 'input_resolved';
}

/** The same array where all events are the turn's, so that what many clients receive is encoded once. */
function eventsOf(turnId: string, events: readonly LoggedEvent[]): readonly LoggedEvent[] {
  return events.every((event) => event.turnId === turnId)
    ? events
    : events.filter((event) => event.turnId === turnId);
}
