import { PROCESS_ID, type Caller } from '../../kernel/index.js';
import { logSql } from '../../log/index.js';
import type { Notifier } from '../../platform/database/index.js';
import { userEventSql } from '../../thread/index.js';

/** What is told of, and whose it is. */
export interface ToldTurn {
  readonly caller: Pick<Caller, 'org' | 'id'>;
  readonly threadId: string;
  readonly turnId: string;
}

const HEAD = logSql.appendedHead(PROCESS_ID);

/**
 * Tells watchers what a turn has come to, in other processes and of all of a user's threads, behind the commit of the statement
 * that stored it: for the statements that every turn has. The others tell it themselves.
 */
export class TellWatchers {
  constructor(private readonly notifier: Pick<Notifier, 'notify' | 'notifyOf' | 'sent'>) {}

  /** A turn has been accepted, and begins. */
  began({ caller, threadId, turnId }: ToldTurn): void {
    this.logged(threadId);
    this.told(userEventSql.threadChange('thread_updated', threadId, caller));
    this.told(userEventSql.turnChange('turn_started', turnId, threadId, caller));
  }

  /** A turn has ended. */
  ended({ caller, threadId, turnId }: ToldTurn): void {
    this.logged(threadId);
    this.told(userEventSql.turnChange('turn_ended', turnId, threadId, caller));
  }

  /** A thread's log has events more. */
  logged(threadId: string): void {
    this.notifier.notifyOf(logSql.THREAD_LOG_CHANNEL, HEAD, threadId);
  }

  /** Resolves when what was told before is on its way: for who tells of what comes after it with a statement that stores it. */
  sent(): Promise<void> {
    return this.notifier.sent();
  }

  private told(payload: string): void {
    this.notifier.notify(userEventSql.USER_EVENT_CHANNEL, payload);
  }
}
