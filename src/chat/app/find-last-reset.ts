import { Inject, Injectable } from '@nestjs/common';
import { isReset, type Caller } from '../../kernel/index.js';
import { dataOf, isOfType, type LoggedEvent } from '../../log/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import type { StartedTurn } from '../../turn/index.js';
import { FollowTurn } from './follow-turn.js';

/** Finds where the valid text of an answer begins. */
@Injectable()
export class FindLastReset {
  constructor(
    private readonly followTurn: FollowTurn,
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
  ) {}

  /**
   * The last reset of the turn that is in the log by now. Scans the log once instead of keeping the events in memory
   * until the last reset is known.
   */
  async seq(caller: Caller, started: StartedTurn, signal: AbortSignal): Promise<number | undefined> {
    const head = (await this.threads.head(caller, started.turn.threadId)) ?? 0;
    if (head <= started.firstSeq) return undefined;
    let last: number | undefined;
    for await (const items of this.followTurn.events(caller, started, undefined, signal)) {
      const events = items.filter((item) => 'seq' in item);
      // What stands before a reset of a later message still counts.
      const end = events.findIndex(isMessageEnd);
      const ofFirst = end < 0 ? events : events.slice(0, end);
      last = ofFirst.findLast(({ type }) => isReset(type))?.seq ?? last;
      if (end >= 0) break;
      if ((events.at(-1)?.seq ?? 0) >= head) break;
    }
    return last;
  }
}

/** Whether a message is complete with the event. */
function isMessageEnd(event: LoggedEvent): boolean {
  return isOfType(event, 'ai_response') && dataOf(event).isComplete;
}
