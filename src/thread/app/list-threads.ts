import { Inject, Injectable } from '@nestjs/common';
import { AppError, ConcurrencyLimit, userKey, type Caller } from '../../kernel/index.js';
import {
  THREAD_STORE,
  type ThreadPage,
  type ThreadPosition,
  type ThreadStore,
} from '../ports/thread-store.js';

/** Limits of this process: searches that run at once, in total and per user, searches that wait, and how long. */
const SEARCHING = {
  slots: 2,
  slotsPerOwner: 1,
  maxWaitingPerOwner: 20,
  maxWaiting: 200,
  maxWaitMs: 10_000,
} as const;

/** Reads a page of a user's threads: all of them, or those that match a search. */
@Injectable()
export class ListThreads {
  private readonly searching = new ConcurrencyLimit({ ...SEARCHING, refusal: tooManySearches });

  constructor(@Inject(THREAD_STORE) private readonly threads: ThreadStore) {}

  /** Newest activity first. A user's searches run one after the other. Throws `RATE_LIMITED`. */
  list(
    caller: Caller,
    limit: number,
    after: ThreadPosition | undefined,
    search: string | undefined,
  ): Promise<ThreadPage> {
    if (search === undefined) return this.threads.list(caller, limit, after, undefined);
    return this.searching.run(userKey(caller), () => this.threads.list(caller, limit, after, search));
  }
}

function tooManySearches(): AppError {
  return new AppError('RATE_LIMITED', 'Other searches are waiting. Try again when they are through.', {
    retryAfter: 2,
  });
}
