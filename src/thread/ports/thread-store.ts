import type { Caller } from '../../kernel/index.js';
import type { Thread, ThreadChange } from '../core/thread.js';

export interface NewThread {
  readonly id: string;
  readonly title: string | null;
  readonly workflow: string;
  readonly workflowVersion: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
}

/** The start of a page of threads: after the thread that was active at that time. */
export interface ThreadPosition {
  readonly activeAt: string;
  readonly id: string;
}

export interface ThreadPage {
  readonly threads: readonly Thread[];
  /** Where the next page begins, when there is one. */
  readonly next: ThreadPosition | undefined;
}

/** A reader's position in a thread's log. */
export interface LogPlace {
  /** The last sequence of the log. */
  readonly head: number;
  /**
   * Whether reading from the cursor returns exactly the events after it: compaction has not merged the cursor's event.
   */
  readonly isKept: boolean;
}

/** The text of a message as of an event: it stands for every event up to that one. */
export interface AnswerSnapshot {
  readonly turnId: string;
  readonly messageId: string;
  readonly content: string;
  readonly lastEventId: number;
  /** The caller may not read it: the content is `[withheld]`. */
  readonly withheld?: true;
}

/** The result of moving a thread's head. `busy`: this turn of it has not ended. */
export type HeadMove =
  | { readonly kind: 'moved'; readonly thread: Thread }
  | { readonly kind: 'busy'; readonly turnId: string }
  | { readonly kind: 'absent'; readonly what: 'thread' | 'turn' };

/** The result of deleting a thread. `busy`: a turn of it has not ended. */
export type ThreadRemoval = 'removed' | 'busy' | 'absent';

/** Injection token of the {@link ThreadStore}. */
export const THREAD_STORE = Symbol('ThreadStore');

/**
 * Threads of users. Every query is made for a caller and returns only the caller's own threads: other users' are
 * absent. `test/contracts/thread-store.contract.ts` verifies every implementation.
 */
export interface ThreadStore {
  create(caller: Caller, thread: NewThread): Promise<Thread>;
  find(caller: Caller, id: string): Promise<Thread | undefined>;
  /** Newest activity first. `search` matches titles and messages, ignoring case. */
  list(
    caller: Caller,
    limit: number,
    after: ThreadPosition | undefined,
    search: string | undefined,
  ): Promise<ThreadPage>;
  update(caller: Caller, id: string, change: ThreadChange): Promise<Thread | undefined>;
  /**
   * Makes a turn the thread's head: the shown branch ends with it, and the next message follows it. Throws `STATE_CONFLICT`
   * where that would begin a branch behind too many others.
   */
  moveHead(caller: Caller, id: string, turnId: string): Promise<HeadMove>;
  /** Deletes the thread with everything in it; with `force` also while a turn of it has not ended. */
  remove(caller: Caller, id: string, force?: boolean): Promise<ThreadRemoval>;
  /** The last sequence of the thread's log. */
  head(caller: Caller, id: string): Promise<number | undefined>;
  place(caller: Caller, id: string, cursor: number): Promise<LogPlace | undefined>;
  /** The text of the newest turn that has begun, as of the end of the log. */
  newestAnswer(caller: Caller, id: string): Promise<AnswerSnapshot | undefined>;
  /**
   * The text as of the event into which compaction has merged the cursor's event. Absent when there is no such event:
   * the cursor's event had been discarded by a reset, which follows, and the log can be read on.
   */
  answerPast(caller: Caller, id: string, cursor: number): Promise<AnswerSnapshot | undefined>;
}
