import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import {
  THREAD_STORE,
  type ThreadPage,
  type ThreadPosition,
  type ThreadStore,
} from '../ports/thread-store.js';
import { SearchPlaces } from './search-places.js';

/** Reads a page of a user's threads, all of them or those that say something. */
@Injectable()
export class ListThreads {
  private readonly places = new SearchPlaces();

  constructor(@Inject(THREAD_STORE) private readonly threads: ThreadStore) {}

  /** Newest activity first. A search waits for the one before it of the same user. Throws `RATE_LIMITED`. */
  list(
    caller: Caller,
    limit: number,
    after: ThreadPosition | undefined,
    search: string | undefined,
  ): Promise<ThreadPage> {
    if (search === undefined) return this.threads.list(caller, limit, after, undefined);
    return this.places.within(JSON.stringify([caller.org, caller.id]), () =>
      this.threads.list(caller, limit, after, search),
    );
  }
}
