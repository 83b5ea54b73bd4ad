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

/** What a thread's newest turn has said so far. */
export interface NewestAnswer {
  readonly turnId: string;
  readonly messageId: string;
  readonly content: string;
}

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
  /** Removes the thread with everything in it. `false`: there is none. */
  remove(caller: Caller, id: string): Promise<boolean>;
  /** The sequence the thread's log ends with. */
  head(caller: Caller, id: string): Promise<number | undefined>;
  newestAnswer(caller: Caller, id: string): Promise<NewestAnswer | undefined>;
}
