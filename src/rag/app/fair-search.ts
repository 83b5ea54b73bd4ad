import { AppError, ConcurrencyLimit, userKey, type Caller } from '../../kernel/index.js';
import type { ChunkSearch, SearchFilter, SearchHit } from '../ports/chunk-search.js';

/** Limits each user to half of the concurrent searches, so that nobody can use all of them. */
export class FairSearch implements ChunkSearch {
  private readonly fair: ConcurrencyLimit;

  constructor(
    private readonly inner: ChunkSearch,
    places: number,
  ) {
    this.fair = new ConcurrencyLimit({
      slots: places,
      slotsPerOwner: Math.ceil(places / 2),
      maxWaitingPerOwner: 1_000,
      maxWaiting: 10_000,
      refusal: () =>
        new AppError(
          'RATE_LIMITED',
          'Too many of your searches wait already; wait for some of them to end.',
          {
            retryAfter: 1,
          },
        ),
    });
  }

  search(caller: Caller, text: string, limit: number, filter?: SearchFilter): Promise<SearchHit[]> {
    return this.fair.run(userKey(caller), () => this.inner.search(caller, text, limit, filter));
  }

  /** A few chunks by their ids cost next to nothing. */
  read(caller: Caller, chunkIds: readonly string[]): Promise<Omit<SearchHit, 'score'>[]> {
    return this.inner.read(caller, chunkIds);
  }
}
