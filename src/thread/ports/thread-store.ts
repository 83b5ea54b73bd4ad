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

/** Where a page of threads begins: behind the thread that was active then. */
export interface ThreadPosition {
  readonly activeAt: string;
  readonly id: string;
}

export interface ThreadPage {
  readonly threads: readonly Thread[];
  /** Where the next page begins, when there is one. */
  readonly next: ThreadPosition | undefined;
}

/** Where a reader of a thread's log stands. */
export interface LogPlace {
  /** The sequence the log ends with. */
  readonly head: number;
  /** Whether reading on from the reader's cursor gives what follows it and nothing else: compaction has not passed it. */
  readonly isKept: boolean;
}

/** What a message says as of an event: it stands for every event up to that one. */
export interface AnswerSnapshot {
  readonly turnId: string;
  readonly messageId: string;
  readonly content: string;
  readonly lastEventId: number;
  /** The caller may not read it: its content says no more than that. */
  readonly withheld?: true;
}

/** What came of removing a thread. `busy`: a turn of it has not ended. */
export type ThreadRemoval = 'removed' | 'busy' | 'absent';

/** Injection token of the {@link ThreadStore}. */
export const THREAD_STORE = Symbol('ThreadStore');

/**
 * Threads of users. Every question is asked for a caller and answers only for the caller's own threads: somebody
 * else's is absent. `test/contracts/thread-store.contract.ts` holds every implementation to it.
 */
export interface ThreadStore {
  create(caller: Caller, thread: NewThread): Promise<Thread>;
  find(caller: Caller, id: string): Promise<Thread | undefined>;
  /** Newest activity first. `search` is looked for in titles and messages, whatever its case. */
  list(
    caller: Caller,
    limit: number,
    after: ThreadPosition | undefined,
    search: string | undefined,
  ): Promise<ThreadPage>;
  update(caller: Caller, id: string, change: ThreadChange): Promise<Thread | undefined>;
  /** Removes the thread with everything in it; one with a turn that has not ended only by `force`. */
  remove(caller: Caller, id: string, force?: boolean): Promise<ThreadRemoval>;
  /** The sequence the thread's log ends with. */
  head(caller: Caller, id: string): Promise<number | undefined>;
  place(caller: Caller, id: string, cursor: number): Promise<LogPlace | undefined>;
  /** What the newest turn that has begun has said by the end of the log. */
  newestAnswer(caller: Caller, id: string): Promise<AnswerSnapshot | undefined>;
  /**
   * What is said as of the event that compaction has made of the cursor's and later ones. Absent when there is no such
   * event: what stood at the cursor had been taken back by a reset, which follows, and the log can be read on.
   */
  answerPast(caller: Caller, id: string, cursor: number): Promise<AnswerSnapshot | undefined>;
}
